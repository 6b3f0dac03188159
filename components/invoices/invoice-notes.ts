import type { InvoiceDocument } from "@/lib/billing/invoice-document";
import { formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

type NotedInvoice = Pick<
  InvoiceDocument,
  | "line_items"
  | "period_start"
  | "period_end"
  | "is_free_month"
  | "amount_waived_cents"
  | "amount_due_cents"
  | "currency"
>;

/** A calendar day is the same in every zone. */
const day = (date: string): string => formatDate(date, "UTC");

/** Why an invoice does not charge a full month at one price. `isOwn` addresses the customer. */
function daysNotes(invoice: NotedInvoice, isOwn: boolean): string[] {
  const segments = invoice.line_items.flatMap(
    ({ kind, period_start, period_end, days, ...line }) =>
      kind === "service" && period_start && period_end && days
        ? [{ from: period_start, until: period_end, days, of: line.days_in_period }]
        : [],
  );
  const [first] = segments;
  const last = segments.at(-1);
  if (!first || !last) return [];
  const service = isOwn ? "your service" : "the service";
  const started =
    first.from > invoice.period_start
      ? `${isOwn ? "you were" : "the service was"} connected on ${day(first.from)}`
      : null;
  const ended = last.until < invoice.period_end ? `${service} ended on ${day(last.until)}` : null;
  const notes: string[] = [];
  if (started || ended) {
    const covered = segments.reduce((sum, segment) => sum + segment.days, 0);
    const cause = [started, ended].filter(Boolean).join(" and ");
    const sentence = `${cause}, so this invoice covers ${covered} of ${first.of} days.`;
    notes.push(sentence.charAt(0).toUpperCase() + sentence.slice(1));
  }
  const changes = segments.slice(1).map((segment) => day(segment.from));
  if (changes.length > 0) {
    notes.push(
      `${isOwn ? "Your" : "The"} package changed on ${changes.join(" and ")}: ` +
        "each part of the month is charged at its own price.",
    );
  }
  return notes;
}

/** What a free month took off the invoice; null without a free month. */
function freeMonthNote(invoice: NotedInvoice, isOwn: boolean): string | null {
  if (!invoice.is_free_month) return null;
  const amount = (cents: number) => formatMoney(cents, invoice.currency);
  const taken =
    `${isOwn ? "Your" : "A"} free month from the referral programme took ` +
    `${amount(invoice.amount_waived_cents)} off`;
  return invoice.amount_due_cents > 0
    ? `${taken}, the most that one free month is worth. ${amount(invoice.amount_due_cents)} is left to pay.`
    : `${taken}. There is nothing to pay for this period.`;
}

/**
 * What is special about an invoice, in sentences: days that are not charged, a change of package,
 * a free month, nothing to pay. They come from the lines as they were issued. With `isOwn` they
 * address the customer.
 */
export function invoiceNotes(invoice: NotedInvoice, isOwn: boolean): string[] {
  const notes = daysNotes(invoice, isOwn);
  const free = freeMonthNote(invoice, isOwn);
  if (free) notes.push(free);
  else if (invoice.amount_due_cents === 0) notes.push("There is nothing to pay on this invoice.");
  return notes;
}
