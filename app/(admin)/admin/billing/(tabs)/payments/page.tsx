import type { Metadata } from "next";
import { ImportPayments } from "@/components/admin/billing/payments/import-payments";
import { PaymentInstructionsCard } from "@/components/admin/billing/payments/payment-instructions";
import { EmptyState } from "@/components/ui/empty-state";
import { requireAdminPage } from "@/lib/composition/page-session";

export const metadata: Metadata = { title: "Payments" };

export default async function PaymentsPage() {
  const { admin, services } = await requireAdminPage("/admin/billing/payments");
  if (!admin.permissions.includes("billing:manage_invoices")) {
    return (
      <EmptyState title="You may look, but not record">
        Recording payments needs the billing role.
      </EmptyState>
    );
  }
  const settings = await services.payments.getInstructions();
  return (
    <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
      <ImportPayments />
      <PaymentInstructionsCard settings={settings} />
    </div>
  );
}
