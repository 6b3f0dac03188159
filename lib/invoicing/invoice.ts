import { dateOfDayNumber } from "@/lib/dates";
import { type Cents, formatMoney } from "@/lib/money";
import { type Calendar, calendarOf, rangeInWords } from "./calendar";
import { assertAmount, type Charge, portion } from "./charge";
import type { BillingPeriod } from "./period";

/** The settings that the arithmetic of invoices needs. */
export interface InvoiceSettings {
  /** IANA zone in which billing cycles begin and end. */
  time_zone: string;
  /** VAT rate in basis points: 1500 is 15 %. Prices include it. */
  vat_bps: number;
  /** ISO 4217. */
  currency: string;
}

export type InvoiceLine = {
  kind: "service" | "reward";
  description: string;
  quantity: 1;
  /** All amounts include VAT; those of a reward line are negative. */
  unit_cents: Cents;
  amount_cents: Cents;
  /** First day charged (`YYYY-MM-DD`), and the day after the last one; all of them on a reward line. */
  period_start: string;
  period_end: string;
  days: number;
  days_in_period: number;
  /** The VAT included in this line; the lines' VAT adds up to the invoice's. */
  vat_cents: Cents;
};

/** An invoice as computed, before Postgres numbers and issues it. Amounts in integer cents. */
export interface InvoiceDraft {
  service_id: string;
  customer_id: string;
  /** Activation, end and number of changes of the price, as the facts gave them. */
  activated_at: string;
  ended_at: string | null;
  price_changes: number;
  /** The whole cycle, half-open, also when the charge is pro-rated. */
  period_start: string;
  period_end: string;
  line_items: InvoiceLine[];
  /** After the reward, excluding VAT. */
  subtotal_cents: Cents;
  vat_cents: Cents;
  /** After the reward, including VAT. */
  total_cents: Cents;
  amount_due_cents: Cents;
  is_free_month: boolean;
  referral_reward_id: string | null;
  amount_waived_cents: Cents;
  vat_bps: number;
  /** The service's monthly price at billing time, and the charge of this cycle before the reward. */
  price_cents: Cents;
  charge_cents: Cents;
}

/**
 * The VAT contained in an amount that includes it: total × bps ÷ (10000 + bps), half-up.
 * @throws RangeError for fractions of a cent, or a negative amount or rate.
 */
export function vatIncluded(totalCents: Cents, bps: number): Cents {
  assertAmount(totalCents);
  if (!Number.isInteger(bps) || bps < 0) throw new RangeError(`Not a rate: ${bps} basis points`);
  return portion(totalCents, bps, 10_000 + bps);
}

/** Lines with their VAT: what each adds to the VAT of the lines before it, so that it adds up. */
function linesOf(
  charge: Charge,
  freeMonth: UsedFreeMonth | null,
  calendar: Calendar,
  settings: Pick<InvoiceSettings, "vat_bps" | "currency">,
): { lines: InvoiceLine[]; vat: Cents } {
  const lines: InvoiceLine[] = [];
  let total = 0;
  let vat = 0;
  const add = (
    kind: InvoiceLine["kind"],
    description: string,
    amount: Cents,
    days: { first: number; end: number },
  ) => {
    total += amount;
    const vatSoFar = vatIncluded(total, settings.vat_bps);
    lines.push({
      kind,
      description,
      quantity: 1,
      unit_cents: amount,
      amount_cents: amount,
      period_start: dateOfDayNumber(days.first),
      period_end: dateOfDayNumber(days.end),
      days: days.end - days.first,
      days_in_period: calendar.days,
      vat_cents: vatSoFar - vat,
    });
    vat = vatSoFar;
  };
  const daysNote = (first: number, end: number, more = "") =>
    end - first < calendar.days ? ` (${end - first} of ${calendar.days} days${more})` : "";

  const { segments } = charge;
  for (const part of segments) {
    const price =
      segments.length > 1 ? ` at ${formatMoney(part.price_cents, settings.currency)} a month` : "";
    const dates = rangeInWords(calendar, part.first, part.end);
    const note = daysNote(part.first, part.end, price);
    add("service", `${part.package_name} · ${dates}${note}`, part.amount_cents, part);
  }
  const [first] = segments;
  const last = segments.at(-1);
  if (freeMonth !== null && first && last) {
    const days = { first: first.first, end: last.end };
    const cap =
      freeMonth.waived_cents < charge.charge_cents
        ? ` (up to ${formatMoney(freeMonth.waived_cents, settings.currency)})`
        : "";
    const note = daysNote(days.first, days.end);
    add("reward", `Referral reward: free month${note}${cap}`, -freeMonth.waived_cents, days);
  }
  return { lines, vat };
}

/** The free month that an invoice uses: the reward, and what it takes off in cents including VAT. */
export interface UsedFreeMonth {
  reward_id: string;
  waived_cents: Cents;
}

/**
 * The invoice of one charge, less the free month that is used on it. The lines add up to total =
 * subtotal + VAT, and 0 ≤ amount due ≤ charge.
 */
export function draftInvoice(
  customerId: string,
  charge: Charge,
  freeMonth: UsedFreeMonth | null,
  period: BillingPeriod,
  settings: Pick<InvoiceSettings, "vat_bps" | "currency">,
): InvoiceDraft {
  const waived = freeMonth?.waived_cents ?? 0;
  const total = charge.charge_cents - waived;
  const { lines, vat } = linesOf(charge, freeMonth, calendarOf(period), settings);
  return {
    service_id: charge.service_id,
    customer_id: customerId,
    activated_at: charge.activated_at,
    ended_at: charge.ended_at,
    price_changes: charge.service.price_changes ?? 0,
    period_start: period.start,
    period_end: period.end,
    line_items: lines,
    subtotal_cents: total - vat,
    vat_cents: vat,
    total_cents: total,
    amount_due_cents: total,
    is_free_month: freeMonth !== null,
    referral_reward_id: freeMonth?.reward_id ?? null,
    amount_waived_cents: waived,
    vat_bps: settings.vat_bps,
    price_cents: charge.service.price_cents,
    charge_cents: charge.charge_cents,
  };
}
