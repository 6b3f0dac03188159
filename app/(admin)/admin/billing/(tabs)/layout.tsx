import type { ReactNode } from "react";
import { TabNav } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { requireAdminPage } from "@/lib/composition/page-session";

const PATH = "/admin/billing";

export default async function BillingLayout({ children }: { children: ReactNode }) {
  const { admin, services } = await requireAdminPage(PATH);
  const unbilled = await services.admin.billing.countUnbilled();
  const mayManage = admin.permissions.includes("billing:manage_invoices");
  return (
    <>
      <PageHeader
        title="Billing"
        description="Runs that issue the invoices of a cycle, all invoices, and the reports on them."
      />
      <TabNav
        label="Billing"
        className="mb-6"
        items={[
          { href: PATH, label: "Runs" },
          ...(mayManage ? [{ href: `${PATH}/preview`, label: "Preview" }] : []),
          { href: `${PATH}/invoices`, label: "Invoices" },
          { href: `${PATH}/payments`, label: "Payments" },
          { href: `${PATH}/reports`, label: "Reports" },
          {
            href: `${PATH}/unbilled`,
            label: "Unbilled",
            ...(unbilled > 0 ? { count: unbilled } : {}),
          },
        ]}
      />
      {children}
    </>
  );
}
