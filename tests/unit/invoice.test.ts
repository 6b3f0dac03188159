import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildInvoices,
  type CustomerBillingFacts,
  calculateProRata,
  customerBillingFactsSchema,
  type InvoiceDraft,
  vatIncluded,
} from "@/lib/billing/invoice";
import { addLocalDays, daysInPeriod, localDate, periodFromMonth } from "@/lib/billing/period";
import {
  billingSettings,
  customerFacts,
  id,
  reward,
  serviceFacts,
  TIME_ZONES,
} from "@/tests/support/facts";

const settings = billingSettings();
const december = periodFromMonth("2026-12", settings.time_zone);
const on = { rewardsEnabled: true };

const build = (changes: Partial<CustomerBillingFacts> = {}, options = on) =>
  buildInvoices(customerFacts(changes), december, settings, options);

function only(drafts: InvoiceDraft[]): InvoiceDraft {
  const [draft, ...rest] = drafts;
  if (draft === undefined || rest.length > 0) throw new Error(`one invoice, not ${drafts.length}`);
  return draft;
}
const descriptions = (draft: InvoiceDraft) =>
  draft.line_items.map((line) => line.description.replaceAll("\u00a0", " "));

describe("pro rata", () => {
  it.each([
    ["2026-12-01", 79_900, 31, false],
    ["2026-11-30", 79_900, 31, false],
    ["2020-02-29", 79_900, 31, false],
    ["2026-12-12", 51_548, 20, true],
    ["2026-12-02", 77_323, 30, true],
    ["2026-12-31", 2_577, 1, true],
  ])("activated on %s, R 799.00 charges %d cents for %d days", (activatedOn, cents, days, part) => {
    expect(calculateProRata({ priceCents: 79_900, activatedOn, period: december })).toEqual({
      charge_cents: cents,
      days,
      days_in_period: 31,
      is_partial: part,
    });
  });

  it.each(["2027-01-01", "2027-06-15"])("charges nothing when activated on %s", (activatedOn) => {
    expect(calculateProRata({ priceCents: 79_900, activatedOn, period: december })).toBeNull();
  });

  it("counts 29 February", () => {
    const february = periodFromMonth("2028-02", "UTC");
    expect(
      calculateProRata({ priceCents: 2900, activatedOn: "2028-02-29", period: february }),
    ).toMatchObject({ charge_cents: 100, days: 1, days_in_period: 29 });
  });

  it.each([0.5, -1, Number.NaN])("refuses a price of %d", (priceCents) => {
    expect(() =>
      calculateProRata({ priceCents, activatedOn: "2026-12-01", period: december }),
    ).toThrow(RangeError);
  });

  it("loses no day and no cent, for every price and month", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: 0, max: 107 }),
        fc.integer({ min: 1, max: 31 }),
        (priceCents, monthIndex, day) => {
          const month = `${2024 + Math.floor(monthIndex / 12)}-${String((monthIndex % 12) + 1).padStart(2, "0")}`;
          const period = periodFromMonth(month, "UTC");
          const length = daysInPeriod(period);
          fc.pre(day <= length);
          const activatedOn = `${month}-${String(day).padStart(2, "0")}`;
          const result = calculateProRata({ priceCents, activatedOn, period });
          expect(result?.days).toBe(length - day + 1);
          const exact = (priceCents * (length - day + 1)) / length;
          expect(Math.abs((result?.charge_cents ?? -1) - exact)).toBeLessThanOrEqual(0.5);
          if (day === 1) expect(result?.charge_cents).toBe(priceCents);
        },
      ),
    );
  });
});

describe("VAT is the included part", () => {
  it.each([
    [79_900, 1500, 10_422],
    [11_500, 1500, 1_500],
    [0, 1500, 0],
    [79_900, 0, 0],
    [100, 10_000, 50],
    [1, 10_000, 1],
  ])("of %d cents at %d basis points is %d", (total, bps, vat) => {
    expect(vatIncluded(total, bps)).toBe(vat);
  });

  it("is never negative and never more than the amount", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e12 }),
        fc.integer({ min: 0, max: 10_000 }),
        (t, bps) => {
          const vat = vatIncluded(t, bps);
          expect(vat >= 0 && vat <= t).toBe(true);
        },
      ),
    );
  });

  it("refuses negative or broken amounts and rates", () => {
    expect(() => vatIncluded(-1, 1500)).toThrow(RangeError);
    expect(() => vatIncluded(0.5, 1500)).toThrow(RangeError);
    expect(() => vatIncluded(100, -1)).toThrow(RangeError);
    expect(() => vatIncluded(100, 0.5)).toThrow(RangeError);
  });
});

describe("an ordinary invoice", () => {
  it("charges the month, VAT included", () => {
    const draft = only(build());
    expect(draft).toEqual({
      service_id: id(11),
      customer_id: id(1),
      activated_at: "2026-06-15T10:00:00Z",
      period_start: "2026-12-01",
      period_end: "2027-01-01",
      line_items: [
        {
          kind: "service",
          description: "Fibre 100/50 · 1–31 Dec 2026",
          quantity: 1,
          unit_cents: 79_900,
          amount_cents: 79_900,
          period_start: "2026-12-01",
          period_end: "2027-01-01",
          days: 31,
          days_in_period: 31,
          vat_cents: 10_422,
        },
      ],
      subtotal_cents: 69_478,
      vat_cents: 10_422,
      total_cents: 79_900,
      amount_due_cents: 79_900,
      is_free_month: false,
      referral_reward_id: null,
      amount_waived_cents: 0,
      vat_bps: 1500,
      price_cents: 79_900,
      charge_cents: 79_900,
    });
  });

  it("names the days of a part of a month, by the billing zone's date of activation", () => {
    // 22:30 UTC on the 11th is already the 12th in Johannesburg.
    const draft = only(
      build({ services: [serviceFacts(11, { activated_at: "2026-12-11T22:30:00Z" })] }),
    );
    expect(descriptions(draft)).toEqual(["Fibre 100/50 · 12–31 Dec 2026 (20 of 31 days)"]);
    expect(draft.charge_cents).toBe(51_548);
    expect(draft.line_items[0]).toMatchObject({ period_start: "2026-12-12", days: 20 });
    expect(draft).toMatchObject({ period_start: "2026-12-01", price_cents: 79_900 });
  });

  it("is made for active services without one only, in the order of their ids", () => {
    const drafts = build({
      services: [
        serviceFacts(19),
        serviceFacts(12, { status: "suspended" }),
        serviceFacts(13, { status: "cancelled" }),
        serviceFacts(14, { status: "pending", activated_at: null }),
        serviceFacts(15, { activated_at: null }),
        serviceFacts(16, { already_invoiced: true }),
        serviceFacts(17, { activated_at: "2026-12-31T22:00:00Z" }),
        serviceFacts(18),
      ],
    });
    expect(drafts.map((draft) => draft.service_id)).toEqual([id(18), id(19)]);
  });
});

describe("a free month", () => {
  it("takes the whole charge off, and the invoice is still made", () => {
    const draft = only(build({ rewards: [reward(1)] }));
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 1–31 Dec 2026",
      "Referral reward: free month",
    ]);
    expect(draft).toMatchObject({
      charge_cents: 79_900,
      total_cents: 0,
      subtotal_cents: 0,
      vat_cents: 0,
      amount_due_cents: 0,
      is_free_month: true,
      referral_reward_id: id(901),
      amount_waived_cents: 79_900,
    });
    expect(draft.line_items[1]).toMatchObject({
      kind: "reward",
      amount_cents: -79_900,
      vat_cents: -10_422,
    });
  });

  it("covers the part of the month that is charged", () => {
    const services = [serviceFacts(11, { activated_at: "2026-12-12T08:00:00Z" })];
    const draft = only(build({ services, rewards: [reward(1)] }));
    expect(descriptions(draft)[1]).toBe("Referral reward: free month (20 of 31 days)");
    expect(draft).toMatchObject({ amount_waived_cents: 51_548, amount_due_cents: 0 });
  });

  it("is capped when the programme caps it, and VAT is computed on what remains", () => {
    const draft = only(build({ rewards: [reward(1, { cap_cents: 50_000 })] }));
    expect(descriptions(draft)[1]).toBe("Referral reward: free month (up to R 500.00)");
    expect(draft).toMatchObject({
      amount_waived_cents: 50_000,
      amount_due_cents: 29_900,
      vat_cents: vatIncluded(29_900, 1500),
      is_free_month: true,
    });
  });

  it("does not mention a cap that it does not reach", () => {
    const draft = only(build({ rewards: [reward(1, { cap_cents: 79_900 })] }));
    expect(descriptions(draft)[1]).toBe("Referral reward: free month");
    expect(draft.amount_due_cents).toBe(0);
  });

  it("goes to the dearest charge of the cycle, not to the dearest price", () => {
    const drafts = build({
      rewards: [reward(1), reward(2)],
      services: [
        serviceFacts(11, { price_cents: 50_000 }),
        serviceFacts(12, { price_cents: 99_900, activated_at: "2026-12-30T08:00:00Z" }),
        serviceFacts(13, { price_cents: 60_000 }),
      ],
    });
    expect(drafts.filter((d) => d.is_free_month).map((d) => d.service_id)).toEqual([id(13)]);
  });

  it("goes to the lowest service id among equal charges, in whatever order they come", () => {
    const services = [serviceFacts(13), serviceFacts(11), serviceFacts(12)];
    const drafts = build({ rewards: [reward(1)], services });
    expect(drafts.map((draft) => draft.is_free_month)).toEqual([true, false, false]);
  });

  it("goes to the dearest of those that have no invoice yet", () => {
    const drafts = build({
      rewards: [reward(1)],
      services: [
        serviceFacts(11, { price_cents: 99_900, already_invoiced: true }),
        serviceFacts(12),
      ],
    });
    expect(only(drafts)).toMatchObject({ service_id: id(12), is_free_month: true });
  });

  it("comes once per cycle", () => {
    const draft = only(build({ used_free_month: true, rewards: [reward(1)] }));
    expect(draft).toMatchObject({ is_free_month: false, amount_due_cents: 79_900 });
  });

  it("is not applied while rewards are switched off, and invoicing goes on", () => {
    const draft = only(build({ rewards: [reward(1)] }, { rewardsEnabled: false }));
    expect(draft).toMatchObject({ referral_reward_id: null, amount_due_cents: 79_900 });
  });

  it("is not spent on a charge of nothing", () => {
    const services = [serviceFacts(11, { price_cents: 0 })];
    expect(only(build({ services, rewards: [reward(1)] }))).toMatchObject({
      is_free_month: false,
      amount_due_cents: 0,
    });
  });
});

describe("for every price, rate, zone, day and reward, the cents add up", () => {
  const service = fc.record({
    price_cents: fc.integer({ min: 0, max: 500_000 }),
    daysBefore: fc.integer({ min: -40, max: 400 }),
    already_invoiced: fc.boolean(),
    status: fc.constantFrom("active" as const, "active" as const, "suspended" as const),
  });
  const cycle = fc.record({
    month: fc.integer({ min: 0, max: 107 }),
    timeZone: fc.constantFrom(...TIME_ZONES),
    vat_bps: fc.constantFrom(0, 1, 700, 1400, 1500, 1999, 2000, 10_000),
    services: fc.array(service, { maxLength: 5 }),
    caps: fc.array(fc.option(fc.integer({ min: 1, max: 600_000 })), { maxLength: 3 }),
    used_free_month: fc.boolean(),
    rewardsEnabled: fc.boolean(),
  });

  it("on every invoice and line, and at most one reward is used", () => {
    fc.assert(
      fc.property(cycle, (c) => {
        const month = `${2024 + Math.floor(c.month / 12)}-${String((c.month % 12) + 1).padStart(2, "0")}`;
        const period = periodFromMonth(month, c.timeZone);
        const asOf = period.endsAt;
        const facts = customerFacts({
          used_free_month: c.used_free_month,
          asOf,
          rewards: c.caps.map((cap_cents, n) =>
            reward(n, { cap_cents, expires_at: new Date(asOf.getTime() + 1 + n).toISOString() }),
          ),
          services: c.services.map(({ daysBefore, ...rest }, n) =>
            serviceFacts(n, {
              ...rest,
              activated_at: addLocalDays(period.startsAt, -daysBefore, c.timeZone).toISOString(),
            }),
          ),
        });
        const { rewardsEnabled } = c;
        const config = billingSettings({ time_zone: c.timeZone, vat_bps: c.vat_bps });
        const drafts = buildInvoices(facts, period, config, { rewardsEnabled });

        for (const draft of drafts) {
          const sum = (key: "amount_cents" | "vat_cents") =>
            draft.line_items.reduce((total, line) => total + line[key], 0);
          expect(sum("amount_cents")).toBe(draft.total_cents);
          expect(sum("vat_cents")).toBe(draft.vat_cents);
          expect(draft.subtotal_cents + draft.vat_cents).toBe(draft.total_cents);
          expect(draft.total_cents + draft.amount_waived_cents).toBe(draft.charge_cents);
          expect(draft.amount_due_cents).toBe(draft.total_cents);
          expect(draft.amount_due_cents).toBeGreaterThanOrEqual(0);
          expect(draft.charge_cents).toBeLessThanOrEqual(draft.price_cents);
          expect(draft.subtotal_cents).toBeGreaterThanOrEqual(0);
          expect(draft.is_free_month).toBe(draft.referral_reward_id !== null);
          expect(draft.is_free_month).toBe(draft.amount_waived_cents > 0);
          const numbers = Object.values(draft).filter((value) => typeof value === "number");
          expect(numbers.every(Number.isSafeInteger)).toBe(true);
        }

        const free = drafts.filter((draft) => draft.is_free_month);
        const dearest = Math.max(0, ...drafts.map((draft) => draft.charge_cents));
        const isDue =
          rewardsEnabled && !c.used_free_month && facts.rewards.length > 0 && dearest > 0;
        expect(free.length).toBe(isDue ? 1 : 0);
        for (const draft of free) expect(draft.charge_cents).toBe(dearest);

        const billable = facts.services.filter(
          (s) =>
            s.status === "active" &&
            !s.already_invoiced &&
            localDate(new Date(s.activated_at ?? asOf), c.timeZone) < period.end,
        );
        expect(drafts.map((draft) => draft.service_id)).toEqual(billable.map((s) => s.service_id));
        expect(buildInvoices(facts, period, config, { rewardsEnabled })).toEqual(drafts);
      }),
      { numRuns: 400 },
    );
  });
});

describe("facts from the database", () => {
  it("are accepted as they come, and refused with a fraction of a cent", () => {
    const { asOf: _, ...facts } = customerFacts({ rewards: [reward(1)] });
    expect(customerBillingFactsSchema.parse(facts)).toEqual(facts);
    const services = [serviceFacts(11, { price_cents: 0.5 })];
    expect(customerBillingFactsSchema.safeParse({ ...facts, services }).success).toBe(false);
  });
});
