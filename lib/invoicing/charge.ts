import { dayNumber } from "@/lib/dates";
import { assertCents, type Cents, roundHalfUp } from "@/lib/money";
import { type Calendar, calendarOf, dayOf } from "./calendar";
import type { BillingPeriod } from "./period";
import type { ServiceFacts } from "./service";

/** Compares ids and dates by code units, so that every machine orders them alike. */
export const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface ProRata {
  charge_cents: Cents;
  /** Days charged: the day of activation included, the day of the end not. */
  days: number;
  days_in_period: number;
  is_partial: boolean;
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

/** Exact amount × parts ÷ whole, half-up. All are whole and none is negative. */
export function portion(amount: Cents, parts: number, whole: number): Cents {
  const product = amount * parts;
  if (!Number.isSafeInteger(product)) {
    return roundHalfUp(BigInt(amount) * BigInt(parts), BigInt(whole));
  }
  // In whole numbers: a quotient of large ones could be rounded over the half.
  const rest = product % whole;
  return (product - rest) / whole + (2 * rest >= whole ? 1 : 0);
}

/** @throws RangeError for fractions of a cent, or a negative amount. */
export function assertAmount(amount: Cents): void {
  assertCents(amount);
  if (amount < 0) throw new RangeError(`The amount is negative: ${amount}`);
}

/** Days of a cycle on which one price counted. */
interface Segment {
  package_name: string;
  price_cents: Cents;
  /** Day numbers, half-open. */
  first: number;
  end: number;
}

/** What one service is charged in one cycle, in cents including VAT. */
export interface Charge {
  service: ServiceFacts;
  service_id: string;
  activated_at: string;
  ended_at: string | null;
  segments: (Segment & { amount_cents: Cents })[];
  charge_cents: Cents;
  /** The last charge of a service that has ended. */
  is_final: boolean;
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
  for (const price of [...service.earlier_prices].sort((a, b) => byCodeUnits(a.until, b.until))) {
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

/**
 * The charges of a customer's services in one cycle, by service id: one per service that has no
 * invoice of the cycle yet and had a day in it. An active service is charged until the end of the
 * cycle, a cancelled one until before the day on which it ended, at the price of each day.
 * @throws RangeError for fractions of a cent, negative prices, or sums beyond 2^53.
 */
export function chargesOf(
  services: readonly ServiceFacts[],
  period: BillingPeriod,
  timeZone: string,
): Charge[] {
  const calendar = calendarOf(period);
  return services
    .flatMap((service) => chargeOf(service, period, calendar, timeZone) ?? [])
    .sort((a, b) => byCodeUnits(a.service_id, b.service_id));
}
