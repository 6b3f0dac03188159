import type { ReactNode } from "react";
import { requireAdminPage } from "@/lib/composition/page-session";

/** Redirects people without the permission before anything is streamed. */
export default async function BillingRunGuard({
  params,
  children,
}: {
  params: Promise<{ id: string }>;
  children: ReactNode;
}) {
  const { id } = await params;
  await requireAdminPage(`/admin/billing/runs/${encodeURIComponent(id)}`);
  return children;
}
