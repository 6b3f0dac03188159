import { describe, expect, it } from "vitest";
import { previewFreeMonth, previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { PreviewFacts } from "@/lib/rewards/schemas";
import { billingSettings, id, reward, serviceFacts } from "@/tests/support/facts";

const settings = billingSettings();
const now = new Date("2026-12-10T08:00:00Z");

type ServiceFacts = PreviewFacts["services"][number];

const service = (n: number, changes: Partial<ServiceFacts> = {}): ServiceFacts => ({
  ...serviceFacts(n),
  invoiced_periods: [],
  ...changes,
});

const facts = (changes: Partial<PreviewFacts> = {}): PreviewFacts => ({
  customer_id: id(1),
  rewards: [],
  free_month_periods: [],
  invoiced_months: [],
  services: [service(11)],
  ...changes,
});

const preview = (changes: Partial<PreviewFacts> = {}, at = now, rewardsEnabled = true) =>
  previewNextInvoice(facts(changes), settings, rewardsEnabled, at);

const DECEMBER = { period_start: "2026-12-01", period_end: "2027-01-01" };
const JANUARY = { period_start: "2027-01-01", period_end: "2027-02-01" };
const NORMAL = {
  charge_cents: 79_900,
  waived_cents: 0,
  waived_as: null,
  amount_due_cents: 79_900,
};
const FREE = {
  charge_cents: 79_900,
  waived_cents: 79_900,
  waived_as: "Referral reward: free month",
  amount_due_cents: 0,
};

describe("the preview of the next invoice", () => {
  it("is of the current cycle until that is billed, then of the next one", () => {
    expect(preview()).toEqual({ ...DECEMBER, ...NORMAL });
    const services = [service(11, { invoiced_periods: ["2026-11-01", "2026-12-01"] })];
    expect(preview({ services })).toEqual({ ...JANUARY, ...NORMAL });
  });

  it("passes over cycles that were billed ahead", () => {
    const services = [service(11, { invoiced_periods: ["2026-12-01", "2027-01-01"] })];
    expect(preview({ services })?.period_start).toBe("2027-02-01");
  });

  it("stays with the current cycle while one service has no invoice in it", () => {
    const services = [
      service(11, { invoiced_periods: ["2026-12-01"], price_cents: 99_900 }),
      service(12, { price_cents: 49_900 }),
    ];
    expect(preview({ services })).toMatchObject({ ...DECEMBER, charge_cents: 49_900 });
  });

  it("belongs to the month of the billing time zone", () => {
    const lastSecond = new Date("2026-12-31T21:59:59Z");
    const firstSecond = new Date("2026-12-31T22:00:00Z");
    expect(preview({}, lastSecond)?.period_start).toBe("2026-12-01");
    expect(preview({}, firstSecond)?.period_start).toBe("2027-01-01");
  });

  it("adds up all services and takes the free month off the dearest", () => {
    const services = [service(11), service(12, { price_cents: 99_900 })];
    expect(preview({ services, rewards: [reward(1)] })).toEqual({
      ...DECEMBER,
      charge_cents: 179_800,
      waived_cents: 99_900,
      waived_as: "Referral reward: free month",
      amount_due_cents: 79_900,
    });
  });

  it("shows the rest to pay when the programme caps a free month", () => {
    expect(preview({ rewards: [reward(1, { cap_cents: 50_000 })] })).toMatchObject({
      waived_cents: 50_000,
      amount_due_cents: 29_900,
    });
  });

  it("pro-rates a service that starts within the cycle", () => {
    const services = [service(11, { activated_at: "2026-12-22T08:00:00Z", price_cents: 31_000 })];
    expect(preview({ services })?.charge_cents).toBe(10_000);
  });

  it("charges each day at its price when the package changes, now and from the next cycle on", () => {
    const price = { package_name: "Fibre 50/25", price_cents: 31_000 };
    const upgraded = (until: string, invoiced_periods: string[] = []) =>
      preview({
        services: [
          service(11, {
            price_cents: 62_000,
            earlier_prices: [{ until, ...price }],
            invoiced_periods,
          }),
        ],
      });
    expect(upgraded("2026-12-11")).toMatchObject({ ...DECEMBER, charge_cents: 10_000 + 42_000 });
    const fromJanuary = upgraded("2027-01-01", ["2026-12-01"]);
    expect(fromJanuary).toMatchObject({ ...JANUARY, charge_cents: 62_000 });
    const midJanuary = upgraded("2027-01-11", ["2026-12-01"]);
    expect(midJanuary).toMatchObject({ ...JANUARY, charge_cents: 10_000 + 42_000 });
  });

  it("is the last charge of a service that ended, then nothing", () => {
    const ended = { status: "cancelled" as const, ended_at: "2026-12-09T10:00:00Z" };
    const last = service(11, { ...ended, price_cents: 31_000 });
    expect(preview({ services: [last], rewards: [reward(1)] })).toEqual({
      ...DECEMBER,
      charge_cents: 8_000,
      waived_cents: 0,
      waived_as: null,
      amount_due_cents: 8_000,
    });
    expect(preview({ services: [{ ...last, invoiced_periods: ["2026-12-01"] }] })).toBeNull();
  });

  it("promises a second free month for the next cycle only", () => {
    const rewards = [reward(1)];
    expect(preview({ rewards, free_month_periods: ["2026-12-01"] })).toMatchObject(NORMAL);
    const services = [service(11, { invoiced_periods: ["2026-12-01"] })];
    expect(preview({ rewards, services, free_month_periods: ["2026-12-01"] })).toEqual({
      ...JANUARY,
      ...FREE,
    });
  });

  it("does not promise a free month that expires before the cycle begins", () => {
    const services = [service(11, { invoiced_periods: ["2026-12-01"] })];
    const untilNewYear = [reward(1, { expires_at: "2026-12-31T22:00:00Z" })];
    expect(preview({ services, rewards: untilNewYear })).toMatchObject(NORMAL);
    const aSecondLonger = [reward(1, { expires_at: "2026-12-31T22:00:01Z" })];
    expect(preview({ services, rewards: aSecondLonger })).toMatchObject(FREE);
    expect(preview({ rewards: untilNewYear })).toMatchObject(FREE);
  });

  it("shows no free month while the programme is switched off", () => {
    expect(preview({ rewards: [reward(1)] }, now, false)).toMatchObject(NORMAL);
  });

  it("names the days until a suspension, which are charged when the cycle is over", () => {
    const suspended = service(11, {
      status: "suspended",
      suspensions: [{ suspended_at: "2026-12-05T08:00:00Z", resumed_at: null }],
    });
    expect(preview({ services: [suspended] })).toMatchObject({
      ...DECEMBER,
      charge_cents: Math.round((79_900 * 4) / 31),
    });
    // What is charged now comes first.
    const running = service(12, { price_cents: 49_900 });
    expect(preview({ services: [suspended, running] })).toMatchObject({
      ...DECEMBER,
      charge_cents: 49_900,
    });
  });

  it("is null without an active service", () => {
    expect(preview({ services: [] })).toBeNull();
    expect(
      preview({
        services: [
          service(11, {
            status: "suspended",
            suspensions: [{ suspended_at: "2026-11-20T08:00:00Z", resumed_at: null }],
          }),
          service(12, { status: "pending", activated_at: null }),
        ],
      }),
    ).toBeNull();
  });
});

describe("where a waiting free month lands", () => {
  const lands = (changes: Partial<PreviewFacts>, at = now) =>
    previewFreeMonth(facts({ rewards: [reward(1)], ...changes }), settings, true, at);
  const fibre200 = (changes: Partial<ServiceFacts> = {}) =>
    service(11, { price_cents: 129_900, ...changes });
  const fibre25 = service(12, { price_cents: 59_900, activated_at: "2026-12-29T08:00:00Z" });

  it("is the next whole month, not the part of a line that was added later", () => {
    const services = [fibre200({ invoiced_periods: ["2026-12-01"] }), fibre25];
    const invoiced_months = [{ period_start: "2026-12-01", charge_cents: 129_900 }];
    expect(lands({ services, invoiced_months })).toBe("2027-01-01");
    const next = preview({ services, invoiced_months, rewards: [reward(1)] });
    expect(next).toMatchObject({ ...DECEMBER, waived_cents: 0 });
  });

  it("is the first whole month of a service that begins within one", () => {
    expect(lands({ services: [fibre25] })).toBe("2027-01-01");
  });

  it("is the month under way while its dearest charge is open", () => {
    expect(lands({ services: [fibre200(), fibre25] })).toBe("2026-12-01");
  });

  it("is the part when it would expire before the next whole month", () => {
    const rewards = [reward(1, { expires_at: "2026-12-31T22:00:00Z" })];
    expect(lands({ services: [fibre25], rewards })).toBe("2026-12-01");
  });

  it("is nowhere without a reward, without a service, or when it expires before", () => {
    expect(lands({ rewards: [] })).toBeNull();
    expect(lands({ services: [] })).toBeNull();
    const services = [service(11, { invoiced_periods: ["2026-12-01"] })];
    const rewards = [reward(1, { expires_at: "2026-12-31T22:00:00Z" })];
    expect(lands({ services, rewards })).toBeNull();
  });

  it("is called what it is: earned by referrals, or given by hand", () => {
    const given = [reward(1, { source: "manual" })];
    expect(preview({ rewards: given })?.waived_as).toBe("Goodwill: free month");
    const credit = [reward(1, { vat_treatment: "consideration" })];
    expect(preview({ rewards: credit })?.waived_as).toBe("Credit for your referral: free month");
  });
});
