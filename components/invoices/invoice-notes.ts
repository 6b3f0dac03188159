import type { InvoiceDocument } from "@/lib/billing/invoice-document";
import { dateOfDayNumber, dayNumber, formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";

type NotedInvoice = Pick<
  InvoiceDocument,
  | "line_items"
  | "period_start"
  | "period_end"
  | "is_free_month"
  | "amount_waived_cents"
  | "amount_due_cents"
  | "reward_treatment"
  | "reward_description"
  | "currency"
>;

/** A calendar day is the same in every zone. */
const day = (date: string): string => formatDate(date, "UTC");

/** Days from the first until before the end, both `YYYY-MM-DD`. */
const dayRange = (first: string, end: string): string => {
  const last = dateOfDayNumber(dayNumber(end) - 1);
  return first === last ? `on ${day(first)}` : `from ${day(first)} to ${day(last)}`;
};

/** Why an invoice does not charge a full month at one price. `isOwn` addresses the customer. */
function daysNotes(invoice: NotedInvoice, isOwn: boolean): string[] {
  const segments = invoice.line_items.flatMap(
    ({ kind, period_start, period_end, days, ...line }) =>
      kind === "service" && period_start && period_end && days
        ? [
            {
              from: period_start,
              until: period_end,
              days,
              of: line.days_in_period,
              suspended: line.suspended ?? [],
              vat_bps: line.vat_bps,
              name: line.description.split(" · ")[0],
            },
          ]
        : [],
  );
  const [first] = segments;
  const last = segments.at(-1);
  if (!first || !last) return [];
  const service = isOwn ? "your service" : "the service";
  const suspended = segments.flatMap((segment) => segment.suspended);
  const covered = segments.reduce((sum, segment) => sum + segment.days, 0);
  const isStopped = (date: string) =>
    suspended.some((range) => date >= range.period_start && date < range.period_end);
  const started =
    first.from > invoice.period_start && !isStopped(invoice.period_start)
      ? `${isOwn ? "you were" : "the service was"} connected on ${day(first.from)}`
      : null;
  const ended =
    last.until < invoice.period_end && !isStopped(last.until)
      ? `${service} ended on ${day(last.until)}`
      : null;
  const stopped =
    suspended.length > 0
      ? `${service} was suspended ${suspended
          .map((range) => dayRange(range.period_start, range.period_end))
          .join(" and ")}`
      : null;
  const notes: string[] = [];
  if (started || ended || stopped) {
    const cause = [started, stopped, ended].filter(Boolean).join(" and ");
    const sentence = `${cause}, so this invoice covers ${covered} of ${first.of} days.`;
    notes.push(sentence.charAt(0).toUpperCase() + sentence.slice(1));
  }
  const after = segments.slice(1).map((segment, n) => ({ segment, before: segments[n] }));
  const rates = after.filter(({ segment, before }) => segment.vat_bps !== before?.vat_bps);
  if (rates.length > 0) {
    notes.push(
      `The VAT rate changed on ${rates.map(({ segment }) => day(segment.from)).join(" and ")}: ` +
        "each part of the month has its own rate.",
    );
  }
  const changes = after
    .filter((one) => !rates.includes(one) || one.segment.name !== one.before?.name)
    .map(({ segment }) => day(segment.from));
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
  // The name of the free month says whether it was earned or given.
  const isGiven = invoice.reward_description?.startsWith("Goodwill") ?? false;
  const origin = isGiven ? "given as goodwill" : "from the referral programme";
  const taken =
    `${isOwn ? "Your" : "A"} free month ${origin} ` +
    (invoice.reward_treatment === "consideration"
      ? `pays ${amount(invoice.amount_waived_cents)} of the total`
      : `took ${amount(invoice.amount_waived_cents)} off`);
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
