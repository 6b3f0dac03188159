import "server-only";
import type { ReactNode } from "react";
import { requireAdminPage } from "@/lib/composition/page-session";
import type { Permission } from "@/lib/permissions";

/**
 * A layout that redirects people without the permission before anything is streamed, so that they
 * do not see the skeleton of a page that they may not open. The page checks the permission again.
 */
export function guarded(path: string, permission?: Permission) {
  return async function GuardedLayout({ children }: { children: ReactNode }) {
    await requireAdminPage(path, permission);
    return children;
  };
}
