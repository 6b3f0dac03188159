import type { ReactNode } from "react";
import { requireAdminPage } from "@/lib/composition/page-session";
import { customerPath } from "./customer";

/** Redirects people without the permission before anything is streamed. */
export default async function CustomerGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  const { id } = await params;
  await requireAdminPage(`${customerPath(id)}/referrals`);
  return children;
}
