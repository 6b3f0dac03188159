import type { ReactNode } from "react";
import { requireAdminPage } from "@/lib/composition/page-session";
import { customerPath } from "./customer";

/** Turns people away before anything is streamed; the header and the tabs are one level below. */
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
