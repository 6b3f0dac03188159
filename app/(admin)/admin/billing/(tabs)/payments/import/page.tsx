import type { Metadata } from "next";
import { ImportPayments } from "@/components/admin/billing/payments/import-payments";
import { PaymentInstructionsCard } from "@/components/admin/billing/payments/payment-instructions";
import { TextLink } from "@/components/ui/button";
import { requireAdminPage } from "@/lib/composition/page-session";

const PATH = "/admin/billing/payments/import";

export const metadata: Metadata = { title: "Import of payments" };

export default async function PaymentImportPage() {
  const { services } = await requireAdminPage(PATH, "billing:manage_invoices");
  const settings = await services.payments.getInstructions();
  return (
    <>
      <p className="mb-4 text-sm">
        <TextLink href="/admin/billing/payments">All payments</TextLink>
      </p>
      <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
        <ImportPayments />
        <PaymentInstructionsCard settings={settings} />
      </div>
    </>
  );
}
