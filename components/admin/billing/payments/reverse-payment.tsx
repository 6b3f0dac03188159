"use client";

import { Undo2 } from "lucide-react";
import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

export type ReversePaymentProps = {
  payment: { id: string; amount_cents: number; paid_on: string };
  invoiceNumber: string;
  /** ISO 4217. */
  currency: string;
};

/** Takes a payment back that was recorded by mistake or returned by the bank. */
export function ReversePayment({ payment, invoiceNumber, currency }: ReversePaymentProps) {
  const act = useAction();
  const amount = formatMoney(payment.amount_cents, currency);
  return (
    <ReasonDialog
      trigger={
        <Button size="sm" variant="ghost" icon={<Undo2 aria-hidden="true" />}>
          Take back
          <span className="sr-only"> the payment of {amount}</span>
        </Button>
      }
      title="Take this payment back"
      description={`${amount} for ${invoiceNumber}, paid on ${formatDate(payment.paid_on, "UTC")}, counts no more: the balance rises by ${amount}. The payment and the reason stay on the account.`}
      reasonHint="The customer reads this on their account, and it stays in the audit log."
      confirmLabel="Take back"
      pendingLabel="Taking back"
      tone="danger"
      suggestions={["Recorded by mistake", "Returned by the bank"]}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/payments/${payment.id}/reverse`,
          body: { reason },
          done: "Payment taken back",
          description: `${amount} for ${invoiceNumber}.`,
        })
      }
    />
  );
}
