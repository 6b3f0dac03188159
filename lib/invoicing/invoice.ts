import { z } from "zod";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { assertCents, type Cents, formatMoney, roundHalfUp } from "@/lib/money";
import type { BillingSettings } from "@/lib/programme/billing-settings";
import { earlierPriceSchema } from "@/lib/referrals/schemas";
import { byId, shouldApply } from "@/lib/rewards/free-month-rules";
import { type BillingPeriod, daysInPeriod, localDate } from "./period";

const cents = z.number().int().min(0);
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "Not an instant");
const DAY_MS = 86_400_000;

/** What the database knows about one customer in a cycle, before the invoices are made. */
export const customerBillingFactsSchema = z.object({
  customer_id: z.guid(),
  /** The customer already has a free month in this cycle. */
  used_free_month: z.boolean(),
  /** Pending rewards only. */
  rewards: z.array(
    z.object({
      id: z.guid(),
      expires_at: instant,
      created_at: instant,
      cap_cents: cents.min(1).nullable(),
    }),
  ),
  services: z.array(
    z.object({
      service_id: z.guid(),
      package_name: z.string(),
      /** Monthly price in cents including VAT, at billing time. */
      price_cents: cents,
      activated_at: instant.nullable(),
      status: z.enum(["pending", "active", "suspended", "cancelled"]),
      /** When a cancelled service stopped being delivered; null for every other. */
      ended_at: instant.nullable(),
      /** Prices that counted on days of the cycle, by `until`; empty when nothing changed. */
      earlier_prices: z.array(earlierPriceSchema),
      /** How many changes of the price these facts saw; Postgres compares it when it issues. */
      price_changes: z.number().int().min(0).optional(),
      /** This service has its invoice of the cycle: it is neither issued again nor considered. */
      already_invoiced: z.boolean(),
    }),
  ),
});

export type CustomerBillingFacts = z.infer<typeof customerBillingFactsSchema> & {
  /** The instant at which the invoices are issued. */
  asOf: Date;
};

export interface InvoiceLine {
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
}

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

export interface ProRata {
  charge_cents: Cents;
  /** Days charged: the day of activation included, the day of the end not. */
  days: number;
  days_in_period: number;
  is_partial: boolean;
}

/** What every invoice of a cycle needs of it, worked out once. */
interface Calendar {
  /** Day numbers, half-open. */
  start: number;
  end: number;
  days: number;
  /** Ranges of days in words, by first day and day after the last: few, as all lie in the cycle. */
  ranges: Map<number, string>;
}

const calendars = new WeakMap<Pick<BillingPeriod, "start" | "end">, Calendar>();

function calendarOf(period: Pick<BillingPeriod, "start" | "end">): Calendar {
  const known = calendars.get(period);
  if (known) return known;
  const start = dayNumber(period.start);
  const end = dayNumber(period.end);
  const made = { start, end, days: daysInPeriod(period), ranges: new Map<number, string>() };
  calendars.set(period, made);
  return made;
}

function rangeInWords(calendar: Calendar, first: number, end: number): string {
  const key = (first - calendar.start) * 32 + (end - calendar.start);
  const known = calendar.ranges.get(key);
  if (known !== undefined) return known;
  const words = formatDateRange(dateOfDayNumber(first), dateOfDayNumber(end - 1));
  calendar.ranges.set(key, words);
  return words;
}

/**
 * The charge of one service in one cycle: price × days ÷ days of the month, half-up to the cent.
 * `activatedOn` and `endedOn` are local dates `YYYY-MM-DD`: the day of the activation is charged,
 * the day of the end is not. Both outside the cycle: the full price. No day in it: null.
 * @throws RangeError for fractions of a cent, a negative price, or a date that does not exist.
 */
export function calculateProRata(facts: {
  priceCents: Cents;
  activatedOn: string;
  /** Null or left out: the service goes on. */
  endedOn?: string | null;
  period: Pick<BillingPeriod, "start" | "end">;
}): ProRata | null {
  const calendar = calendarOf(facts.period);
  const first = Math.max(dayNumber(facts.activatedOn), calendar.start);
  const ended = facts.endedOn == null ? calendar.end : dayNumber(facts.endedOn);
  const days = Math.min(ended, calendar.end) - first;
  assertAmount(facts.priceCents);
  if (days <= 0) return null;
  return {
    charge_cents: portion(facts.priceCents, days, calendar.days),
    days,
    days_in_period: calendar.days,
    is_partial: days < calendar.days,
  };
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

/** Exact amount × parts ÷ whole, half-up. All are whole and none is negative. */
function portion(amount: Cents, parts: number, whole: number): Cents {
  const product = amount * parts;
  if (!Number.isSafeInteger(product)) {
    return roundHalfUp(BigInt(amount) * BigInt(parts), BigInt(whole));
  }
  // In whole numbers: a quotient of large ones could be rounded over the half.
  const rest = product % whole;
  return (product - rest) / whole + (2 * rest >= whole ? 1 : 0);
}

function assertAmount(amount: Cents): void {
  assertCents(amount);
  if (amount < 0) throw new RangeError(`The amount is negative: ${amount}`);
}

type ServiceFacts = CustomerBillingFacts["services"][number];

/** Days of a cycle on which one price counted. */
interface Segment {
  package_name: string;
  price_cents: Cents;
  /** Day numbers, half-open. */
  first: number;
  end: number;
}

interface Charge {
  service: ServiceFacts;
  service_id: string;
  activated_at: string;
  ended_at: string | null;
  segments: (Segment & { amount_cents: Cents })[];
  charge_cents: Cents;
  is_final: boolean;
}

/** The local day of an instant; one outside of the cycle counts as its first day or its end. */
function dayOf(at: string, period: BillingPeriod, calendar: Calendar, timeZone: string): number {
  const time = Date.parse(at);
  // Most services are older than the cycle: far from its borders no zone needs to be asked.
  if (time < period.startsAt.getTime() - DAY_MS) return calendar.start;
  if (time > period.endsAt.getTime() + DAY_MS) return calendar.end;
  const day = dayNumber(localDate(new Date(time), timeZone));
  return Math.min(Math.max(day, calendar.start), calendar.end);
}

/** The days from `first` until before `end`, by the price that counted on them. */
function segmentsOf(service: ServiceFacts, first: number, end: number): Segment[] {
  const segments: Segment[] = [];
  let next = first;
  const add = (price: Pick<ServiceFacts, "package_name" | "price_cents">, until: number) => {
    if (until <= next) return;
    const { package_name, price_cents } = price;
    const last = segments.at(-1);
    // A change that was taken back on the same day is none.
    if (last?.package_name === package_name && last.price_cents === price_cents) last.end = until;
    else segments.push({ package_name, price_cents, first: next, end: until });
    next = until;
  };
  for (const price of [...service.earlier_prices].sort((a, b) => byId(a.until, b.until))) {
    assertAmount(price.price_cents);
    add(price, Math.min(dayNumber(price.until), end));
  }
  add(service, end);
  return segments;
}

function chargeOf(
  service: ServiceFacts,
  period: BillingPeriod,
  calendar: Calendar,
  timeZone: string,
): Charge | null {
  const { service_id, activated_at, status } = service;
  if (service.already_invoiced || activated_at === null) return null;
  const ended_at = status === "cancelled" ? service.ended_at : null;
  const is_final = ended_at !== null;
  if (status !== "active" && !is_final) return null;
  assertAmount(service.price_cents);
  const first = dayOf(activated_at, period, calendar, timeZone);
  const end = ended_at === null ? calendar.end : dayOf(ended_at, period, calendar, timeZone);
  if (first >= end) return null;
  const segments = segmentsOf(service, first, end).map((part) => ({
    ...part,
    amount_cents: portion(part.price_cents, part.end - part.first, calendar.days),
  }));
  const charge_cents = segments.reduce((total, part) => total + part.amount_cents, 0);
  assertAmount(charge_cents);
  return { service, service_id, activated_at, ended_at, segments, charge_cents, is_final };
}

/** Lines with their VAT: what each adds to the VAT of the lines before it, so that it adds up. */
function linesOf(
  charge: Charge,
  waived: { cents: Cents } | null,
  calendar: Calendar,
  settings: Pick<BillingSettings, "vat_bps" | "currency">,
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
  if (waived !== null && first && last) {
    const days = { first: first.first, end: last.end };
    const cap =
      waived.cents < charge.charge_cents
        ? ` (up to ${formatMoney(waived.cents, settings.currency)})`
        : "";
    const note = daysNote(days.first, days.end);
    add("reward", `Referral reward: free month${note}${cap}`, -waived.cents, days);
  }
  return { lines, vat };
}

/**
 * The invoices of ONE customer for one cycle, in the order of service ids: one per service that
 * has none yet and had a day in the cycle. An active service is charged until the end of the
 * cycle, a cancelled one until before the day on which it ended, at the price of each day: a line
 * per price. At most one reward is used, on the most expensive charge of an active service; a
 * dearer service that was invoiced before no longer counts. With `rewardsEnabled` false, invoices
 * are made and no reward is used. Pass all services and pending rewards of the customer.
 *
 * For every draft: the lines add up to total = subtotal + VAT, and 0 ≤ amount due ≤ charge.
 * @throws RangeError for fractions of a cent, negative prices, or sums beyond 2^53.
 */
export function buildInvoices(
  facts: CustomerBillingFacts,
  period: BillingPeriod,
  settings: Pick<BillingSettings, "time_zone" | "vat_bps" | "currency">,
  options: { rewardsEnabled: boolean },
): InvoiceDraft[] {
  const calendar = calendarOf(period);
  const charges = facts.services
    .flatMap((service) => chargeOf(service, period, calendar, settings.time_zone) ?? [])
    .sort((a, b) => byId(a.service_id, b.service_id));
  const decision = shouldApply({
    rewardsEnabled: options.rewardsEnabled,
    usedFreeMonth: facts.used_free_month,
    rewards: facts.rewards,
    charges,
    asOf: facts.asOf,
  });

  return charges.map((charge) => {
    const free = decision.apply && decision.service_id === charge.service_id ? decision : null;
    const waived = free?.amount_waived_cents ?? 0;
    const total = charge.charge_cents - waived;
    const { lines, vat } = linesOf(charge, free && { cents: waived }, calendar, settings);
    return {
      service_id: charge.service_id,
      customer_id: facts.customer_id,
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
      is_free_month: free !== null,
      referral_reward_id: free?.reward.id ?? null,
      amount_waived_cents: waived,
      vat_bps: settings.vat_bps,
      price_cents: charge.service.price_cents,
      charge_cents: charge.charge_cents,
    };
  });
}
