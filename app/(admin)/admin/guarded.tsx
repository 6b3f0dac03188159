import "server-only";
import type { ReactNode } from "react";
import type { Permission } from "@/lib/access/permissions";
import { requireAdminPage } from "@/lib/composition/page-session";

/**
 * A layout that turns people away before anything is streamed, so that they get a plain redirect
 * and no skeleton of a page that is not theirs. The page behind it checks once more.
 */
export function guarded(path: string, permission?: Permission) {
  return async function GuardedLayout({ children }: { children: ReactNode }) {
    await requireAdminPage(path, permission);
    return children;
  };
}
