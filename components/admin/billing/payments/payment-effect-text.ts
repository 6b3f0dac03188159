import { type AccountSummary, paymentEffect } from "@/lib/invoicing/account";
import { formatMoney } from "@/lib/money";

/** An invoice that a payment can name. */
export type PayableInvoice = { invoice_number: string; outstanding_cents: number };

/** What recording a payment of so many cents does, in sentences. */
export function paymentEffectText(
  cents: number,
  invoice: PayableInvoice,
  account: Pick<AccountSummary, "open_invoices" | "currency">,
): string {
  const money = (amount: number) => formatMoney(amount, account.currency);
  const others = account.open_invoices.filter(
    (open) => open.invoice_number !== invoice.invoice_number,
  );
  const effect = paymentEffect(
    cents,
    invoice.outstanding_cents,
    others.reduce((sum, open) => sum + open.outstanding_cents, 0),
  );
  if (effect.outstanding_cents > 0) {
    return `A part payment: ${money(effect.outstanding_cents)} of ${invoice.invoice_number} stays outstanding.`;
  }
  return [
    invoice.outstanding_cents > 0
      ? `This settles ${invoice.invoice_number}.`
      : `Nothing is outstanding on ${invoice.invoice_number}.`,
    effect.others_cents > 0
      ? `${money(effect.others_cents)} goes to the customer's other open invoices, the oldest first.`
      : "",
    effect.credit_cents > 0
      ? `${money(effect.credit_cents)} stays as the customer's credit and lowers the next invoice.`
      : "",
  ]
    .filter(Boolean)
    .join(" ");
}
