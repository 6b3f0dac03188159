import { dayNumber } from "@/lib/dates";
import { assertAmount, type Cents, portion } from "@/lib/money";
import { type Calendar, calendarOf, dayOf } from "./calendar";
import type { BillingPeriod } from "./period";
import type { ServiceFacts } from "./service";
import { ratesWithin, type VatRates } from "./vat";

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
  /** Half-open ranges of local days; without `until`, the service is still suspended. */
  suspended?: readonly { from: string; until: string | null }[];
  period: Pick<BillingPeriod, "start" | "end">;
}): ProRata | null {
  const calendar = calendarOf(facts.period);
  const first = Math.max(dayNumber(facts.activatedOn), calendar.start);
  const ended = facts.endedOn == null ? calendar.end : dayNumber(facts.endedOn);
  const end = Math.min(ended, calendar.end);
  const suspended = merged(
    (facts.suspended ?? []).map(({ from, until }) => ({
      first: dayNumber(from),
      end: until === null ? calendar.end : dayNumber(until),
    })),
  );
  const days = end - first - daysOf(within(suspended, first, end));
  assertAmount(facts.priceCents);
  if (days <= 0) return null;
  return {
    charge_cents: portion(facts.priceCents, days, calendar.days),
    days,
    days_in_period: calendar.days,
    is_partial: days < calendar.days,
  };
}

/** Days as day numbers, half-open. */
interface DayRange {
  first: number;
  end: number;
}

/** Days of a cycle on which one price and one VAT rate counted. */
export interface Segment extends DayRange {
  package_name: string;
  price_cents: Cents;
  vat_bps: number;
  /** Days charged, from `first` on. */
  days: number;
  /** Days before, between and after them that are not charged because of a suspension. */
  suspended: DayRange[];
  amount_cents: Cents;
}

/** What one service is charged in one cycle, in cents including VAT. */
export interface Charge {
  service: ServiceFacts;
  service_id: string;
  activated_at: string;
  ended_at: string | null;
  segments: Segment[];
  charge_cents: Cents;
  /** Every day of the cycle is charged. */
  is_whole: boolean;
}

/** Ranges in order, without empty ones and overlaps. */
function merged(ranges: readonly DayRange[]): DayRange[] {
  const result: DayRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    if (range.end <= range.first) continue;
    const last = result.at(-1);
    if (last && range.first <= last.end) last.end = Math.max(last.end, range.end);
    else result.push({ ...range });
  }
  return result;
}

/** The parts of ranges that lie in the days from `first` until before `end`. */
function within(ranges: readonly DayRange[], first: number, end: number): DayRange[] {
  return ranges
    .map((range) => ({ first: Math.max(range.first, first), end: Math.min(range.end, end) }))
    .filter((range) => range.end > range.first);
}

const daysOf = (ranges: readonly DayRange[]): number =>
  ranges.reduce((days, range) => days + range.end - range.first, 0);

type Price = Pick<Segment, "package_name" | "price_cents">;

/** The days from `first` until before `end`, by the price that counted on them. */
function pricesOf(service: ServiceFacts, first: number, end: number): (Price & DayRange)[] {
  const prices: (Price & DayRange)[] = [];
  let next = first;
  const add = ({ package_name, price_cents }: Price, until: number) => {
    if (until <= next) return;
    const last = prices.at(-1);
    // A change that was taken back on the same day is none.
    if (last?.package_name === package_name && last.price_cents === price_cents) last.end = until;
    else prices.push({ package_name, price_cents, first: next, end: until });
    next = until;
  };
  for (const price of [...service.earlier_prices].sort((a, b) => byCodeUnits(a.until, b.until))) {
    assertAmount(price.price_cents);
    add(price, Math.min(dayNumber(price.until), end));
  }
  add(service, end);
  return prices;
}

/**
 * What is charged for the days from `first` until before `end`: by price, and by VAT rate. Days of
 * one price add up to price × days ÷ days of the month, whatever the rates are.
 */
function segmentsOf(
  service: ServiceFacts,
  first: number,
  end: number,
  suspensions: readonly DayRange[],
  calendar: Calendar,
  vat: VatRates,
): Segment[] {
  const segments: Segment[] = [];
  let idle: DayRange[] = [];
  for (const price of pricesOf(service, first, end)) {
    const { package_name, price_cents } = price;
    let charged = 0;
    let days = 0;
    const firstOfPrice = segments.length;
    for (const rate of ratesWithin(vat, price.first, price.end)) {
      const suspended = within(suspensions, rate.first, rate.end);
      idle.push(...suspended);
      const active = rate.end - rate.first - daysOf(suspended);
      if (active === 0) continue;
      days += active;
      const amount_cents = portion(price_cents, days, calendar.days) - charged;
      charged += amount_cents;
      const [before] = suspended;
      const after = suspended.at(-1);
      const segment = {
        first: before?.first === rate.first ? before.end : rate.first,
        end: after?.end === rate.end ? after.first : rate.end,
      };
      const last = segments.length > firstOfPrice ? segments.at(-1) : undefined;
      if (last?.vat_bps === rate.vat_bps) {
        // The rate was another one only while the service was suspended.
        last.end = segment.end;
        last.days += active;
        last.amount_cents += amount_cents;
        last.suspended.push(...idle);
      } else {
        segments.push({
          ...segment,
          package_name,
          price_cents,
          vat_bps: rate.vat_bps,
          days: active,
          suspended: idle,
          amount_cents,
        });
      }
      idle = [];
    }
  }
  segments.at(-1)?.suspended.push(...idle);
  for (const segment of segments) {
    if (segment.suspended.length > 1) segment.suspended = merged(segment.suspended);
  }
  return segments;
}

/** The settings that charges depend on. */
export interface ChargeSettings extends VatRates {
  /** IANA zone in which billing cycles begin and end. */
  time_zone: string;
}

function chargeOf(
  service: ServiceFacts,
  period: BillingPeriod,
  calendar: Calendar,
  settings: ChargeSettings,
  asOf: Date,
): Charge | null {
  const { service_id, activated_at, status } = service;
  if (service.already_invoiced || activated_at === null || status === "pending") return null;
  // It may be reactivated before the cycle is over: then one invoice charges all its days.
  if (status === "suspended" && asOf < period.endsAt) return null;
  const ended_at = status === "cancelled" ? service.ended_at : null;
  if (status === "cancelled" && ended_at === null) return null;
  assertAmount(service.price_cents);
  const { time_zone } = settings;
  const first = dayOf(activated_at, period, calendar, time_zone);
  const end = ended_at === null ? calendar.end : dayOf(ended_at, period, calendar, time_zone);
  if (first >= end) return null;
  const suspensions = merged(
    service.suspensions.map(({ suspended_at, resumed_at }) => ({
      first: dayOf(suspended_at, period, calendar, time_zone),
      end: resumed_at === null ? calendar.end : dayOf(resumed_at, period, calendar, time_zone),
    })),
  );
  const segments = segmentsOf(service, first, end, suspensions, calendar, settings);
  if (segments.length === 0) return null;
  const charge_cents = segments.reduce((total, part) => total + part.amount_cents, 0);
  assertAmount(charge_cents);
  const days = segments.reduce((total, part) => total + part.days, 0);
  const is_whole = days === calendar.days;
  return { service, service_id, activated_at, ended_at, segments, charge_cents, is_whole };
}

/**
 * The charges of a customer's services in one cycle, by service id: one per service that has no
 * invoice of the cycle yet and was active on a day of it. An active service is charged until the
 * end of the cycle, a cancelled one until before the day on which it ended, at the price of each
 * day. Days of a suspension are not charged; a service that is suspended at `asOf` is charged once
 * the cycle is over.
 * @throws RangeError for fractions of a cent, negative prices, or sums beyond 2^53.
 */
export function chargesOf(
  services: readonly ServiceFacts[],
  period: BillingPeriod,
  settings: ChargeSettings,
  asOf: Date,
): Charge[] {
  const calendar = calendarOf(period);
  return services
    .flatMap((service) => chargeOf(service, period, calendar, settings, asOf) ?? [])
    .sort((a, b) => byCodeUnits(a.service_id, b.service_id));
}
