import { dateOfDayNumber } from "@/lib/dates";
import { sentences } from "@/lib/language/messages/en/sentences";
import { type Cents, formatMoney, portion } from "@/lib/money";
import { type Calendar, calendarOf, rangeInWords } from "./calendar";
import type { Charge, ChargeSettings, Segment } from "./charge";
import type { BillingPeriod } from "./period";
import { vatIncluded } from "./vat";

/** The settings that the arithmetic of invoices needs: those of the cycle that is charged. */
export interface InvoiceSettings extends ChargeSettings {
  /** ISO 4217. */
  currency: string;
}

/**
 * How VAT treats a free month. `discount`: it lowers the price, and VAT is computed on what
 * remains. `consideration`: VAT stays due on the full price, and it is a credit against the total.
 */
type VatTreatment = "discount" | "consideration";

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
  /** Half-open ranges of days that are not charged because of a suspension; left out without one. */
  suspended?: { period_start: string; period_end: string }[];
  /** The VAT rate of these days in basis points. */
  vat_bps: number;
  /** The VAT included in this line; the lines' VAT adds up to the invoice's. */
  vat_cents: Cents;
};

/** An invoice as computed, before Postgres numbers and issues it. Amounts in integer cents. */
export interface InvoiceDraft {
  service_id: string;
  customer_id: string;
  /** Activation, end and revision of the service, as the facts gave them. */
  activated_at: string;
  ended_at: string | null;
  revision: number;
  /** The whole cycle, half-open, also when the charge is pro-rated. */
  period_start: string;
  period_end: string;
  line_items: InvoiceLine[];
  /** Of all lines, excluding VAT. */
  subtotal_cents: Cents;
  vat_cents: Cents;
  /** Of all lines, including VAT. */
  total_cents: Cents;
  /** The charge less the free month, whether that is a line of the invoice or a credit below it. */
  amount_due_cents: Cents;
  is_free_month: boolean;
  referral_reward_id: string | null;
  reward_treatment: VatTreatment | null;
  /** What the free month is called on the invoice. */
  reward_description: string | null;
  amount_waived_cents: Cents;
  /** The rate of the first day charged. Each line has its own. */
  vat_bps: number;
  /** The service's monthly price at billing time, and the charge of this cycle before the reward. */
  price_cents: Cents;
  charge_cents: Cents;
}

/** The free month that an invoice uses. */
export interface UsedFreeMonth {
  reward_id: string;
  /** Earned by referrals, or granted by hand. */
  source: "earned" | "manual";
  treatment: VatTreatment;
  /** What it takes off, in cents including VAT. */
  waived_cents: Cents;
}

/** What a free month is called on an invoice: what it is, whoever gave it. */
function freeMonthName({ source, treatment }: Pick<UsedFreeMonth, "source" | "treatment">): string {
  if (treatment === "consideration") {
    return source === "earned" ? sentences.earnedCreditMonth : sentences.goodwillCreditMonth;
  }
  return source === "earned" ? sentences.earnedMonth : sentences.goodwillMonth;
}

/** Collects lines. A line has what it adds to the VAT of the lines before it at the same rate. */
class Lines {
  readonly list: InvoiceLine[] = [];
  vat = 0;
  readonly #rates = new Map<number, { total: number; vat: number }>();

  add(line: Omit<InvoiceLine, "quantity" | "unit_cents" | "vat_cents">): void {
    let rate = this.#rates.get(line.vat_bps);
    if (!rate) {
      rate = { total: 0, vat: 0 };
      this.#rates.set(line.vat_bps, rate);
    }
    rate.total += line.amount_cents;
    const vatSoFar = vatIncluded(rate.total, line.vat_bps);
    const vat_cents = vatSoFar - rate.vat;
    rate.vat = vatSoFar;
    this.vat += vat_cents;
    this.list.push({ ...line, quantity: 1, unit_cents: line.amount_cents, vat_cents });
  }
}

const percent = (bps: number): string => `${bps / 100} %`;

/** Suspended days in words, like `suspended 5–22 Nov`; the year stands before, in the line. */
function suspendedInWords(calendar: Calendar, { suspended }: Segment): string {
  const ranges = suspended.map((days) =>
    rangeInWords(calendar, days.first, days.end).replace(/ \d{4}$/, ""),
  );
  return `suspended ${ranges.join(", ")}`;
}

/** How many days a line charges, and why not all, in brackets; nothing for a plain whole month. */
function noteOf(segment: Segment, charge: Charge, calendar: Calendar, currency: string): string {
  if (segment.days === calendar.days) return "";
  const { segments } = charge;
  const [one] = segments;
  const hasOnePrice = segments.every(({ price_cents }) => price_cents === one?.price_cents);
  const hasOneName = segments.every(({ package_name }) => package_name === one?.package_name);
  const hasOneRate = segments.every(({ vat_bps }) => vat_bps === one?.vat_bps);
  const at =
    hasOnePrice && hasOneName ? "" : ` at ${formatMoney(segment.price_cents, currency)} a month`;
  const rate = hasOneRate ? "" : `, VAT ${percent(segment.vat_bps)}`;
  const suspended = segment.suspended.length > 0 ? `: ${suspendedInWords(calendar, segment)}` : "";
  return ` (${segment.days} of ${calendar.days} days${at}${rate}${suspended})`;
}

function addService(lines: Lines, charge: Charge, calendar: Calendar, currency: string): void {
  for (const segment of charge.segments) {
    const { first, end, days, suspended, amount_cents, vat_bps } = segment;
    const dates = rangeInWords(calendar, first, end);
    const note = noteOf(segment, charge, calendar, currency);
    lines.add({
      kind: "service",
      description: `${segment.package_name} · ${dates}${note}`,
      amount_cents,
      period_start: dateOfDayNumber(first),
      period_end: dateOfDayNumber(end),
      days,
      days_in_period: calendar.days,
      ...(suspended.length === 0 ? {} : { suspended: suspended.map(datesOf) }),
      vat_bps,
    });
  }
}

const datesOf = (days: { first: number; end: number }) => ({
  period_start: dateOfDayNumber(days.first),
  period_end: dateOfDayNumber(days.end),
});

/** The name of the free month with the days that it covers and its ceiling, if that counts. */
function describeFreeMonth(
  freeMonth: UsedFreeMonth,
  charge: Charge,
  calendar: Calendar,
  currency: string,
): string {
  const days = charge.segments.reduce((sum, segment) => sum + segment.days, 0);
  const part = charge.is_whole ? "" : ` (${days} of ${calendar.days} days)`;
  const cap =
    freeMonth.waived_cents < charge.charge_cents
      ? ` (up to ${formatMoney(freeMonth.waived_cents, currency)})`
      : "";
  return `${freeMonthName(freeMonth)}${part}${cap}`;
}

/** A discount as lines: one per VAT rate, each in proportion to what is charged at that rate. */
function addDiscount(
  lines: Lines,
  freeMonth: UsedFreeMonth,
  description: string,
  charge: Charge,
  calendar: Calendar,
): void {
  const byRate = new Map<number, Segment[]>();
  for (const segment of charge.segments) {
    const same = byRate.get(segment.vat_bps);
    if (same) same.push(segment);
    else byRate.set(segment.vat_bps, [segment]);
  }
  let charged = 0;
  let waived = 0;
  for (const [vat_bps, segments] of byRate) {
    charged += segments.reduce((sum, segment) => sum + segment.amount_cents, 0);
    const part = portion(freeMonth.waived_cents, charged, charge.charge_cents) - waived;
    waived += part;
    const [first] = segments;
    const last = segments.at(-1);
    if (!first || !last) continue;
    lines.add({
      kind: "reward",
      description: byRate.size > 1 ? `${description}, VAT ${percent(vat_bps)}` : description,
      amount_cents: -part,
      ...datesOf({ first: first.first, end: last.end }),
      days: segments.reduce((sum, segment) => sum + segment.days, 0),
      days_in_period: calendar.days,
      vat_bps,
    });
  }
}

/**
 * The invoice of one charge, less the free month that is used on it. The lines add up to total =
 * subtotal + VAT, and amount due = charge − free month ≥ 0. A discount is a line. A credit
 * (`consideration`) is none: the total keeps the full price and its VAT.
 */
export function draftInvoice(
  customerId: string,
  charge: Charge,
  freeMonth: UsedFreeMonth | null,
  period: BillingPeriod,
  settings: Pick<InvoiceSettings, "vat_bps" | "currency">,
): InvoiceDraft {
  const { currency } = settings;
  const calendar = calendarOf(period);
  const lines = new Lines();
  addService(lines, charge, calendar, currency);
  const waived = freeMonth?.waived_cents ?? 0;
  const description =
    freeMonth === null ? null : describeFreeMonth(freeMonth, charge, calendar, currency);
  if (freeMonth?.treatment === "discount" && description !== null) {
    addDiscount(lines, freeMonth, description, charge, calendar);
  }
  const due = charge.charge_cents - waived;
  const total = freeMonth?.treatment === "consideration" ? charge.charge_cents : due;
  return {
    service_id: charge.service_id,
    customer_id: customerId,
    activated_at: charge.activated_at,
    ended_at: charge.ended_at,
    revision: charge.service.revision ?? 0,
    period_start: period.start,
    period_end: period.end,
    line_items: lines.list,
    subtotal_cents: total - lines.vat,
    vat_cents: lines.vat,
    total_cents: total,
    amount_due_cents: due,
    is_free_month: freeMonth !== null,
    referral_reward_id: freeMonth?.reward_id ?? null,
    reward_treatment: freeMonth?.treatment ?? null,
    reward_description: description,
    amount_waived_cents: waived,
    vat_bps: charge.segments[0]?.vat_bps ?? settings.vat_bps,
    price_cents: charge.service.price_cents,
    charge_cents: charge.charge_cents,
  };
}
