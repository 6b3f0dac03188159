import { localDate } from "@/lib/dates";

export type InvoiceStatus = "free" | "paid" | "credited" | "overdue" | "due";

/** The status of an invoice on the day of `now`, an ISO instant, in `timeZone`. Amounts in cents. */
export function invoiceStatus(
  invoice: {
    is_free_month: boolean;
    amount_due_cents: number;
    credited_cents: number;
    is_paid: boolean;
    due_on: string;
  },
  now: string,
  timeZone: string,
): InvoiceStatus {
  if (invoice.amount_due_cents === 0) return invoice.is_free_month ? "free" : "paid";
  if (invoice.credited_cents >= invoice.amount_due_cents) return "credited";
  if (invoice.is_paid) return "paid";
  return localDate(new Date(now), timeZone) > invoice.due_on ? "overdue" : "due";
}
