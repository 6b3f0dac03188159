import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { calculateProRata } from "@/lib/invoicing/charge";
import type { InvoiceDraft, InvoiceLine } from "@/lib/invoicing/invoice";
import {
  addLocalDays,
  type BillingPeriod,
  nextPeriod,
  periodContaining,
  periodFromMonth,
} from "@/lib/invoicing/period";
import { vatIncluded } from "@/lib/invoicing/vat";
import { buildInvoices, type CustomerBillingFacts } from "@/lib/rewards/build-invoices";
import { previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { PreviewFacts } from "@/lib/rewards/schemas";
import {
  billingSettings,
  customerFacts,
  FAR_TIME_ZONES,
  reward,
  serviceFacts,
} from "@/tests/support/facts";

const HOUR = 3_600_000;
const DAY = 86_400_000;
const MONTHS = Array.from({ length: 108 }, (_, i) => {
  const month = String((i % 12) + 1).padStart(2, "0");
  return `${2024 + Math.floor(i / 12)}-${month}`;
});

// The model: what somebody with a calendar works out, day by day, without the product's code.

const calendars = new Map(
  FAR_TIME_ZONES.map((timeZone) => [
    timeZone as string,
    new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }),
  ]),
);
function calendarDate(at: string | Date, timeZone: string): string {
  const calendar = calendars.get(timeZone);
  if (!calendar) throw new Error(`no calendar of ${timeZone}`);
  return calendar.format(new Date(at));
}

function datesOf(period: Pick<BillingPeriod, "start" | "end">): string[] {
  const dates: string[] = [];
  for (let day = Date.parse(period.start); day < Date.parse(period.end); day += DAY) {
    dates.push(new Date(day).toISOString().slice(0, 10));
  }
  return dates;
}

type ServiceFacts = CustomerBillingFacts["services"][number];

function activeDates(
  service: ServiceFacts,
  period: Pick<BillingPeriod, "start" | "end">,
  timeZone: string,
): string[] {
  const { activated_at, ended_at, status } = service;
  if (activated_at === null || (status === "cancelled" && ended_at === null)) return [];
  const from = calendarDate(activated_at, timeZone);
  const until = ended_at === null ? "9999-12-31" : calendarDate(ended_at, timeZone);
  const stops = service.suspensions.map(({ suspended_at, resumed_at }) => ({
    from: calendarDate(suspended_at, timeZone),
    until: resumed_at === null ? "9999-12-31" : calendarDate(resumed_at, timeZone),
  }));
  return datesOf(period)
    .filter((date) => date >= from && date < until)
    .filter((date) => !stops.some((stop) => date >= stop.from && date < stop.until));
}

function chargedDates(
  service: ServiceFacts,
  period: BillingPeriod,
  timeZone: string,
  asOf: Date,
): string[] {
  if (service.already_invoiced) return [];
  if (service.status === "suspended" && asOf < period.endsAt) return [];
  return activeDates(service, period, timeZone);
}

type Rates = { vat_bps: number; vat_changes: { effective_on: string; vat_bps: number }[] };

function rateOn({ vat_bps, vat_changes }: Rates, date: string): number {
  return vat_changes.filter((change) => change.effective_on <= date).at(-1)?.vat_bps ?? vat_bps;
}

function priceOn(service: ServiceFacts, date: string): { name: string; cents: number } {
  const [earlier] = service.earlier_prices
    .filter((price) => price.until > date)
    .sort((a, b) => (a.until < b.until ? -1 : 1));
  const { package_name, price_cents } = earlier ?? service;
  return { name: package_name, cents: price_cents };
}

type ModelLine = { first: string; days: number; name: string; vat_bps: number; amount: bigint };

function modelLines(
  service: ServiceFacts,
  { period, timeZone, settings, facts }: SomeCycle,
): ModelLine[] {
  const length = BigInt(datesOf(period).length);
  const exact = (cents: number, days: number) =>
    (2n * BigInt(cents) * BigInt(days) + length) / (2n * length);
  const lines: ModelLine[] = [];
  let price = { name: "", cents: -1, days: 0, charged: 0n };
  for (const date of chargedDates(service, period, timeZone, facts.asOf)) {
    const { name, cents } = priceOn(service, date);
    const vat_bps = rateOn(settings, date);
    if (price.name !== name || price.cents !== cents) price = { name, cents, days: 0, charged: 0n };
    let last = lines.at(-1);
    if (price.days === 0 || last?.vat_bps !== vat_bps) {
      last = { first: date, days: 0, name, vat_bps, amount: 0n };
      lines.push(last);
    }
    price.days += 1;
    last.days += 1;
    const more = exact(cents, price.days) - price.charged;
    last.amount += more;
    price.charged += more;
  }
  return lines;
}

// What the properties range over.

const zone = fc.constantFrom(...FAR_TIME_ZONES);
const month = fc.constantFrom(...MONTHS);
const cents = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 500_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 29, 30, 31) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 53 - 100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 53 - 200, max: 2 ** 53 - 100 }) },
);
const vatBps = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }),
  fc.constantFrom(0, 1, 1500, 2000, 10_000),
);

/** An instant around a cycle: anywhere near, far before, or at a border to the millisecond. */
type When =
  | { kind: "border"; edge: "start" | "end"; ms: number }
  | { kind: "day"; day: number; ms: number };
const when: fc.Arbitrary<When> = fc.oneof(
  fc.record({
    kind: fc.constant("border" as const),
    edge: fc.constantFrom("start" as const, "end" as const),
    ms: fc.constantFrom(-DAY - 1, -DAY, -HOUR, -1000, -1, 0, 1, 1000, HOUR, DAY - 1, DAY, DAY + 1),
  }),
  fc.record({
    kind: fc.constant("day" as const),
    day: fc.integer({ min: -3, max: 35 }),
    ms: fc.integer({ min: 0, max: DAY - 1 }),
  }),
  fc.record({
    kind: fc.constant("day" as const),
    day: fc.integer({ min: -900, max: 60 }),
    ms: fc.integer({ min: 0, max: DAY - 1 }),
  }),
);
function instantOf(at: When, period: BillingPeriod): string {
  const origin = at.kind === "border" && at.edge === "end" ? period.endsAt : period.startsAt;
  const offset = at.kind === "day" ? at.day * DAY + at.ms : at.ms;
  return new Date(origin.getTime() + offset).toISOString();
}

const someService = fc.record({
  price_cents: cents,
  activated: when,
  ended: when,
  status: fc.constantFrom("active", "active", "active", "cancelled", "cancelled", "suspended"),
  already_invoiced: fc.constantFrom(false, false, false, true),
  changes: fc.uniqueArray(
    fc.record({ day: fc.integer({ min: -2, max: 40 }), price_cents: cents }),
    {
      maxLength: 4,
      selector: (change) => change.day,
    },
  ),
  sameName: fc.boolean(),
  suspensions: fc.array(
    fc.record({
      at: when,
      /** Null: never active again, as far as the facts know. */
      lastsMs: fc.option(
        fc.oneof(fc.constantFrom(0, 1, HOUR, DAY - 1, DAY), fc.integer({ min: 0, max: 40 * DAY })),
        { freq: 6 },
      ),
    }),
    { maxLength: 3 },
  ),
});
type SomeService = typeof someService extends fc.Arbitrary<infer T> ? T : never;

function toService(n: number, some: SomeService, period: BillingPeriod): ServiceFacts {
  const status = some.status as ServiceFacts["status"];
  return serviceFacts(n, {
    price_cents: some.price_cents,
    status,
    activated_at: instantOf(some.activated, period),
    ended_at: status === "cancelled" ? instantOf(some.ended, period) : null,
    already_invoiced: some.already_invoiced,
    suspensions: some.suspensions.map(({ at, lastsMs }) => {
      const suspended_at = instantOf(at, period);
      const resumed = lastsMs === null ? null : Date.parse(suspended_at) + lastsMs;
      return {
        suspended_at,
        resumed_at: resumed === null ? null : new Date(resumed).toISOString(),
      };
    }),
    earlier_prices: some.changes
      .map((change) => ({
        until: dateOfDayNumber(dayNumber(period.start) + change.day),
        package_name: some.sameName ? "Fibre 100/50" : `Package ${change.day}`,
        price_cents: change.price_cents,
      }))
      .sort((a, b) => (a.until < b.until ? -1 : 1)),
  });
}

const someReward = fc.record({
  cap_cents: fc.option(fc.integer({ min: 1, max: 600_000 })),
  /** Relative to the moment of issue. */
  expiresInMs: fc.constantFrom(-400 * DAY, -DAY, -1, 0, 1, DAY, 300 * DAY),
  createdBeforeMs: fc.constantFrom(0, DAY, 100 * DAY),
  source: fc.constantFrom("earned" as const, "manual" as const),
  vat_treatment: fc.constantFrom("discount" as const, "consideration" as const),
});

const someCycle = fc
  .record({
    month,
    timeZone: zone,
    vat_bps: vatBps,
    rates: fc.uniqueArray(fc.record({ day: fc.integer({ min: 1, max: 33 }), vat_bps: vatBps }), {
      maxLength: 2,
      selector: ({ day }) => day,
    }),
    dearest_invoiced_cents: fc.oneof(fc.constant(0), cents),
    current_month_open: fc.boolean(),
    services: fc.array(someService, { maxLength: 4 }),
    rewards: fc.array(someReward, { maxLength: 4 }),
    used_free_month: fc.constantFrom(false, false, false, true),
    rewardsEnabled: fc.constantFrom(true, true, true, false),
    issued: fc.integer({ min: -40, max: 40 }),
  })
  .map(({ services, rewards, issued, timeZone, vat_bps, rates, month: m, ...rest }) => {
    const period = periodFromMonth(m, timeZone);
    const asOf = new Date(period.startsAt.getTime() + issued * DAY);
    const at = (ms: number) => new Date(asOf.getTime() + ms).toISOString();
    const facts = customerFacts({
      used_free_month: rest.used_free_month,
      dearest_invoiced_cents: rest.dearest_invoiced_cents,
      current_month_open: rest.current_month_open,
      asOf,
      services: services.map((some, n) => toService(n, some, period)),
      rewards: rewards.map(({ expiresInMs, createdBeforeMs, ...some }, n) =>
        reward(n, { ...some, expires_at: at(expiresInMs), created_at: at(-createdBeforeMs) }),
      ),
    });
    const vat_changes = [...rates]
      .sort((a, b) => a.day - b.day)
      .map(({ day, vat_bps: bps }) => ({
        effective_on: dateOfDayNumber(dayNumber(period.start) + day),
        vat_bps: bps,
      }));
    const settings = { ...billingSettings({ time_zone: timeZone, vat_bps }), vat_changes };
    return { period, timeZone, settings, facts, rewardsEnabled: rest.rewardsEnabled };
  });
type SomeCycle = typeof someCycle extends fc.Arbitrary<infer T> ? T : never;

const build = ({ facts, period, settings, rewardsEnabled }: SomeCycle) =>
  buildInvoices(facts, period, settings, { rewardsEnabled });

const sum = (lines: readonly InvoiceLine[], key: "amount_cents" | "vat_cents" | "days") =>
  lines.reduce((total, line) => total + line[key], 0);
/** The days that a line charges, by what it says of itself. */
const datesOfLine = (line: InvoiceLine): string[] =>
  datesOf({ start: line.period_start, end: line.period_end }).filter(
    (date) => !line.suspended?.some((s) => date >= s.period_start && date < s.period_end),
  );
const charged = (draft: InvoiceDraft) => draft.line_items.filter((line) => line.kind === "service");

function serviceOf(facts: CustomerBillingFacts, draft: InvoiceDraft): ServiceFacts {
  const service = facts.services.find(({ service_id }) => service_id === draft.service_id);
  if (!service) throw new Error("an invoice for a service that the customer does not have");
  return service;
}

describe("for every year, zone, rate, price, start, end and change of price", () => {
  it("lines and VAT add up, and nothing is negative but the line of a reward", () => {
    fc.assert(
      fc.property(someCycle, (cycle) => {
        for (const draft of build(cycle)) {
          expect(sum(draft.line_items, "amount_cents")).toBe(draft.total_cents);
          expect(sum(draft.line_items, "vat_cents")).toBe(draft.vat_cents);
          expect(draft.subtotal_cents + draft.vat_cents).toBe(draft.total_cents);
          expect(sum(charged(draft), "amount_cents")).toBe(draft.charge_cents);
          const rates = new Map<number, InvoiceLine[]>();
          for (const line of draft.line_items) {
            rates.set(line.vat_bps, [...(rates.get(line.vat_bps) ?? []), line]);
          }
          for (const [bps, lines] of rates) {
            const vat = vatIncluded(sum(lines, "amount_cents"), bps);
            expect(sum(lines, "vat_cents")).toBe(vat);
          }
          expect(draft.amount_due_cents).toBe(draft.charge_cents - draft.amount_waived_cents);
          for (const line of draft.line_items) {
            const sign = line.kind === "reward" ? -1 : 1;
            expect(line.amount_cents * sign).toBeGreaterThanOrEqual(0);
            expect(line.vat_cents * sign).toBeGreaterThanOrEqual(0);
            expect(line.unit_cents).toBe(line.amount_cents);
            expect(Number.isSafeInteger(line.amount_cents)).toBe(true);
          }
          for (const key of ["subtotal_cents", "vat_cents", "total_cents", "amount_waived_cents"]) {
            expect(draft[key as "total_cents"]).toBeGreaterThanOrEqual(0);
          }
          expect(draft.amount_waived_cents).toBeLessThanOrEqual(draft.charge_cents);
        }
      }),
      { numRuns: 600 },
    );
  });

  it("charges are what somebody with a calendar works out, day by day and price by price", () => {
    fc.assert(
      fc.property(someCycle, (cycle) => {
        const { facts } = cycle;
        const expected = facts.services
          .map((service) => ({ service, lines: modelLines(service, cycle) }))
          .filter(({ lines }) => lines.length > 0);
        const drafts = build(cycle);
        expect(drafts.map((draft) => draft.service_id)).toEqual(
          expected.map(({ service }) => service.service_id),
        );
        drafts.forEach((draft, n) => {
          const lines = charged(draft).map((line) => ({
            first: line.period_start,
            name: line.description.split(" · ")[0],
            days: line.days,
            vat_bps: line.vat_bps,
            amount: BigInt(line.amount_cents),
          }));
          expect(lines).toEqual(expected[n]?.lines);
        });
      }),
      { numRuns: 600 },
    );
  });

  it("the days of the lines do not overlap, and cover exactly the days of the service", () => {
    fc.assert(
      fc.property(someCycle, (cycle) => {
        for (const draft of build(cycle)) {
          const lines = charged(draft);
          const covered = lines.flatMap(datesOfLine);
          const service = serviceOf(cycle.facts, draft);
          const { period, timeZone, facts } = cycle;
          expect(covered).toEqual(chargedDates(service, period, timeZone, facts.asOf));
          expect(covered.length).toBe(sum(lines, "days"));
          for (const line of draft.line_items) {
            expect(line.days_in_period).toBe(datesOf(cycle.period).length);
          }
          const rewards = draft.line_items.filter(({ kind }) => kind === "reward");
          if (rewards.length > 0) {
            expect(sum(rewards, "days")).toBe(covered.length);
            expect(rewards[0]?.period_start).toBe(lines[0]?.period_start);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("at most one free month: usable, capped, on the dearest whole month, else it waits", () => {
    fc.assert(
      fc.property(someCycle, (cycle) => {
        const { facts, rewardsEnabled, period, timeZone } = cycle;
        const drafts = build(cycle);
        const length = datesOf(period).length;
        const isOver = facts.asOf >= period.endsAt;
        const [reward] = facts.rewards
          .filter(({ expires_at }) => Date.parse(expires_at) > facts.asOf.getTime())
          .sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at));
        const whole = drafts.filter((draft) => sum(charged(draft), "days") === length);
        const dearestOf = (some: InvoiceDraft[]) =>
          Math.max(0, ...some.map((draft) => draft.charge_cents));
        const month = isOver ? 0 : dearestOf(whole);
        const takesMonth = month > 0 && month >= facts.dearest_invoiced_cents;
        const next = () => {
          if (!isOver) return period.endsAt;
          return facts.current_month_open
            ? facts.asOf
            : periodContaining(facts.asOf, timeZone).endsAt;
        };
        const isLastChance = reward && Date.parse(reward.expires_at) <= next().getTime();
        const isDue = rewardsEnabled && !facts.used_free_month && reward && dearestOf(drafts) > 0;
        const free = drafts.filter((draft) => draft.is_free_month);
        expect(free.length).toBe(isDue && (takesMonth || isLastChance) ? 1 : 0);
        for (const draft of drafts) {
          const used = draft.line_items.filter(({ kind }) => kind === "reward");
          const isDiscount = draft.reward_treatment === "discount";
          expect(used.length > 0).toBe(isDiscount);
          expect(0 - sum(used, "amount_cents")).toBe(isDiscount ? draft.amount_waived_cents : 0);
          expect(draft.referral_reward_id !== null).toBe(draft.is_free_month);
          expect(draft.reward_description !== null).toBe(draft.is_free_month);
          expect(draft.amount_waived_cents > 0).toBe(draft.is_free_month);
          expect(draft.total_cents).toBe(isDiscount ? draft.amount_due_cents : draft.charge_cents);
        }
        for (const draft of free) {
          expect(draft.charge_cents).toBe(takesMonth ? month : dearestOf(drafts));
          if (takesMonth) expect(whole).toContain(draft);
          const chosen = facts.rewards.find((one) => one.id === draft.referral_reward_id);
          expect(Date.parse(chosen?.expires_at ?? "")).toBe(Date.parse(reward?.expires_at ?? ""));
          const cap = chosen?.cap_cents ?? Number.POSITIVE_INFINITY;
          expect(draft.amount_waived_cents).toBe(Math.min(draft.charge_cents, cap));
          expect(draft.reward_treatment).toBe(chosen?.vat_treatment);
          expect(draft.reward_description?.startsWith("Goodwill")).toBe(
            chosen?.source === "manual",
          );
        }
      }),
      { numRuns: 600 },
    );
  });

  it("an expired reward is never applied, though it still is pending", () => {
    fc.assert(
      fc.property(someCycle, (cycle) => {
        const { facts } = cycle;
        const expired = facts.rewards.map((one, n) => ({
          ...one,
          expires_at: new Date(facts.asOf.getTime() - n * DAY).toISOString(),
        }));
        const drafts = build({ ...cycle, facts: { ...facts, rewards: expired } });
        expect(drafts.filter((draft) => draft.is_free_month)).toEqual([]);
        expect(drafts).toEqual(build({ ...cycle, facts: { ...facts, rewards: [] } }));
      }),
      { numRuns: 200 },
    );
  });

  it("the order in which services, rewards and prices come does not matter", () => {
    fc.assert(
      fc.property(someCycle, fc.infiniteStream(fc.nat()), (cycle, dice) => {
        const shuffled = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => ({ item, at: dice.next().value ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const facts = {
          ...cycle.facts,
          rewards: shuffled(cycle.facts.rewards),
          services: shuffled(cycle.facts.services).map((service) => ({
            ...service,
            suspensions: shuffled(service.suspensions),
            earlier_prices: shuffled(service.earlier_prices),
          })),
        };
        expect(build({ ...cycle, facts })).toEqual(build(cycle));
      }),
      { numRuns: 200 },
    );
  });
});

describe("a month that is split where the price stays the same", () => {
  /** Both halves round by at most half a cent, so n lines and the whole differ by less than (n + 1) ÷ 2. */
  const splits = fc.record({
    month,
    timeZone: zone,
    price_cents: cents,
    borders: fc.uniqueArray(fc.integer({ min: 1, max: 27 }), { maxLength: 27 }),
  });
  const split = (given: {
    month: string;
    timeZone: string;
    price_cents: number;
    borders: readonly number[];
  }) => {
    const period = periodFromMonth(given.month, given.timeZone);
    const earlier_prices = [...given.borders]
      .sort((a, b) => a - b)
      .map((day) => ({
        until: dateOfDayNumber(dayNumber(period.start) + day),
        package_name: `Until day ${day}`,
        price_cents: given.price_cents,
      }));
    const service = serviceFacts(1, {
      price_cents: given.price_cents,
      activated_at: "2020-01-01T00:00:00Z",
      earlier_prices,
    });
    const settings = billingSettings({ time_zone: given.timeZone });
    const facts = customerFacts({ services: [service] });
    const [draft] = buildInvoices(facts, period, settings, { rewardsEnabled: true });
    if (!draft) throw new Error("no invoice");
    return draft;
  };

  it("charges what the whole would, within half a cent per line", () => {
    fc.assert(
      fc.property(splits, (given) => {
        const draft = split(given);
        const lines = given.borders.length + 1;
        expect(draft.line_items).toHaveLength(lines);
        const difference = Math.abs(draft.charge_cents - given.price_cents);
        expect(difference).toBeLessThanOrEqual(Math.floor(lines / 2));
      }),
      { numRuns: 500 },
    );
  });

  it("reaches that bound, and does not always keep the whole", () => {
    const at = { month: "2026-02", timeZone: "UTC" };
    expect(split({ ...at, price_cents: 1, borders: [14] }).charge_cents).toBe(2);
    expect(split({ ...at, price_cents: 2, borders: [7, 14, 21] }).charge_cents).toBe(4);
  });

  it("is not split at all when nothing changed in the end", () => {
    const settings = billingSettings();
    const period = periodFromMonth("2026-11", settings.time_zone);
    const earlier = { package_name: "Fibre 100/50", price_cents: 79_900 };
    const services = [serviceFacts(1, { earlier_prices: [{ until: "2026-11-10", ...earlier }] })];
    const [draft] = buildInvoices(customerFacts({ services }), period, settings, {
      rewardsEnabled: true,
    });
    expect(draft?.line_items.map((line) => line.description)).toEqual([
      "Fibre 100/50 · 1–30 Nov 2026",
    ]);
  });
});

describe("cycle after cycle", () => {
  const life = fc.record({
    month,
    timeZone: zone,
    price_cents: fc.integer({ min: 1, max: 500_000 }),
    startsIn: fc.integer({ min: 0, max: 40 * DAY }),
    lastsFor: fc.integer({ min: 0, max: 400 * DAY }),
    changes: fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 5 }),
    suspensions: fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 400 * DAY }),
        lasts: fc.integer({ min: 0, max: 90 * DAY }),
      }),
      { maxLength: 4 },
    ),
  });

  it("each active day of a service is charged once, from its first until before its last", () => {
    fc.assert(
      fc.property(life, (given) => {
        const { timeZone } = given;
        const settings = billingSettings({ time_zone: timeZone });
        let period = periodFromMonth(given.month, timeZone);
        const activated = new Date(period.startsAt.getTime() + given.startsIn);
        const ended = new Date(activated.getTime() + given.lastsFor);
        const from = calendarDate(activated, timeZone);
        const until = calendarDate(ended, timeZone);
        const service = serviceFacts(1, {
          price_cents: given.price_cents,
          activated_at: activated.toISOString(),
          status: "cancelled",
          ended_at: ended.toISOString(),
          suspensions: given.suspensions.map(({ after, lasts }) => ({
            suspended_at: new Date(activated.getTime() + after).toISOString(),
            resumed_at: new Date(activated.getTime() + after + lasts).toISOString(),
          })),
          earlier_prices: given.changes
            .map((day) => ({
              until: dateOfDayNumber(dayNumber(from) + day),
              package_name: `Until day ${day}`,
              price_cents: given.price_cents + day,
            }))
            .sort((a, b) => (a.until < b.until ? -1 : 1)),
        });
        const days: string[] = [];
        for (let cycle = 0; cycle < 16; cycle += 1) {
          const facts = customerFacts({ services: [service] });
          for (const draft of buildInvoices(facts, period, settings, { rewardsEnabled: true })) {
            for (const line of draft.line_items) {
              days.push(...datesOfLine(line));
            }
          }
          period = nextPeriod(period, timeZone);
        }
        expect(days).toEqual(activeDates(service, { start: from, end: until }, timeZone));
      }),
      { numRuns: 150 },
    );
  });
});

describe("the preview of the next invoice", () => {
  const previewed = fc.record({
    cycle: someCycle,
    /** Per service, how many cycles from the current one on have their invoice. */
    ahead: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    freeAhead: fc.integer({ min: 0, max: 3 }),
  });

  it("is the invoice, cycle by cycle, also across changes of price and the end of a service", () => {
    fc.assert(
      fc.property(previewed, ({ cycle, ahead, freeAhead }) => {
        const { facts, settings, timeZone, rewardsEnabled } = cycle;
        const now = facts.asOf;
        const cycles = [periodContaining(now, timeZone)];
        for (let n = 1; n <= 4; n += 1) {
          const last = cycles.at(-1);
          if (last) cycles.push(nextPeriod(last, timeZone));
        }
        const startsOf = (count: number) => cycles.slice(0, count).map(({ start }) => start);
        const previewFacts: PreviewFacts = {
          customer_id: facts.customer_id,
          rewards: facts.rewards,
          free_month_periods: startsOf(freeAhead),
          invoiced_months: startsOf(2).map((period_start) => ({
            period_start,
            charge_cents: facts.dearest_invoiced_cents,
          })),
          services: facts.services.map(({ already_invoiced: _, ...service }, n) => ({
            ...service,
            invoiced_periods: startsOf(ahead[n] ?? 0),
          })),
        };
        const preview = previewNextInvoice(previewFacts, settings, rewardsEnabled, now);

        // What a run would issue: the first of these cycles for which it issues anything.
        const [issued] = cycles
          .map((period) => {
            const draft = (asOf: Date, isIncluded: (status: string) => boolean) =>
              buildInvoices(
                {
                  ...facts,
                  used_free_month: startsOf(freeAhead).includes(period.start),
                  dearest_invoiced_cents: startsOf(2).includes(period.start)
                    ? facts.dearest_invoiced_cents
                    : 0,
                  asOf,
                  services: facts.services.flatMap((service, n) => {
                    if (!isIncluded(service.status)) return [];
                    return {
                      ...service,
                      already_invoiced: startsOf(ahead[n] ?? 0).includes(period.start),
                      // A run is told of the prices that matter in its cycle alone.
                      earlier_prices: service.earlier_prices.filter(
                        ({ until }) => until > period.start,
                      ),
                    };
                  }),
                },
                period,
                settings,
                { rewardsEnabled },
              );
            const drafts = draft(now < period.startsAt ? period.startsAt : now, () => true);
            // Days before a suspension are charged when the cycle is over.
            return drafts.length > 0
              ? drafts
              : draft(period.endsAt, (status) => status === "suspended");
          })
          .filter((drafts) => drafts.length > 0);
        if (!issued) {
          expect(preview).toBeNull();
          return;
        }
        const total = (key: "charge_cents" | "amount_waived_cents" | "amount_due_cents") =>
          issued.reduce((cents, draft) => cents + draft[key], 0);
        expect(preview).toEqual({
          period_start: issued[0]?.period_start,
          period_end: issued[0]?.period_end,
          charge_cents: total("charge_cents"),
          waived_cents: total("amount_waived_cents"),
          waived_as: issued.find((draft) => draft.is_free_month)?.reward_description ?? null,
          amount_due_cents: total("amount_due_cents"),
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe("pro rata with an end", () => {
  it("charges the day of the activation and not the day of the end, whatever the dates", () => {
    const day = fc.integer({ min: -40, max: 80 });
    fc.assert(
      fc.property(month, cents, day, fc.option(day), (m, priceCents, from, until) => {
        const period = periodFromMonth(m, "UTC");
        const date = (n: number) => dateOfDayNumber(dayNumber(period.start) + n);
        const dates = datesOf(period);
        const days = dates.filter(
          (d) => d >= date(from) && (until === null || d < date(until)),
        ).length;
        const result = calculateProRata({
          priceCents,
          activatedOn: date(from),
          endedOn: until === null ? null : date(until),
          period,
        });
        if (days === 0) {
          expect(result).toBeNull();
          return;
        }
        const length = BigInt(dates.length);
        const exact = (2n * BigInt(priceCents) * BigInt(days) + length) / (2n * length);
        expect(result).toEqual({
          charge_cents: Number(exact),
          days,
          days_in_period: dates.length,
          is_partial: days < dates.length,
        });
      }),
      { numRuns: 500 },
    );
  });

  it("keeps local days across both changes of summer time", () => {
    fc.assert(
      fc.property(month, zone, fc.integer({ min: 0, max: 27 }), (m, timeZone, day) => {
        const period = periodFromMonth(m, timeZone);
        const activated = addLocalDays(period.startsAt, day, timeZone);
        const services = [serviceFacts(1, { activated_at: activated.toISOString() })];
        const settings = billingSettings({ time_zone: timeZone });
        const [draft] = buildInvoices(customerFacts({ services }), period, settings, {
          rewardsEnabled: true,
        });
        expect(draft?.line_items[0]?.days).toBe(datesOf(period).length - day);
      }),
    );
  });
});
