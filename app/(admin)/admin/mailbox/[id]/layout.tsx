import type { ReactNode } from "react";
import { requireAdminPage } from "@/lib/composition/page-session";

/** Redirects people without the permission before anything is streamed. */
export default async function MailGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  const { id } = await params;
  await requireAdminPage(`/admin/mailbox/${encodeURIComponent(id)}`);
  return children;
}
