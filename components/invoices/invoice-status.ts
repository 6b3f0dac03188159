import { localDate } from "@/lib/dates";

export type InvoiceStatus = "free" | "paid" | "credited" | "overdue" | "part_paid" | "due";

/** The status of an invoice on the day of `now`, an ISO instant, in `timeZone`. Amounts in cents. */
export function invoiceStatus(
  invoice: {
    is_free_month: boolean;
    amount_due_cents: number;
    credited_cents: number;
    outstanding_cents: number;
    due_on: string;
  },
  now: string,
  timeZone: string,
): InvoiceStatus {
  if (invoice.amount_due_cents === 0) return invoice.is_free_month ? "free" : "paid";
  if (invoice.credited_cents >= invoice.amount_due_cents) return "credited";
  if (invoice.outstanding_cents === 0) return "paid";
  if (localDate(new Date(now), timeZone) > invoice.due_on) return "overdue";
  return invoice.outstanding_cents < invoice.amount_due_cents - invoice.credited_cents
    ? "part_paid"
    : "due";
}
