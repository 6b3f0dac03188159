import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localDate } from "@/lib/dates";
import { calculateProRata } from "@/lib/invoicing/charge";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import { addLocalDays, daysInPeriod, periodFromMonth } from "@/lib/invoicing/period";
import { vatIncluded } from "@/lib/invoicing/vat";
import {
  buildInvoices,
  type CustomerBillingFacts,
  customerBillingFactsSchema,
} from "@/lib/rewards/build-invoices";
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

describe("a VAT rate that is another one for a day", () => {
  const rates = {
    ...settings,
    vat_changes: [
      { effective_on: "2026-12-10", vat_bps: 0 },
      { effective_on: "2026-12-11", vat_bps: 1500 },
    ],
  };
  const invoiceWith = (suspensions: { suspended_at: string; resumed_at: string }[]) =>
    only(
      buildInvoices(
        customerFacts({ services: [serviceFacts(1, { suspensions })] }),
        december,
        rates,
        on,
      ),
    );

  it("is three lines", () => {
    expect(invoiceWith([]).line_items).toHaveLength(3);
  });

  it("is one line when the service was suspended on that day", () => {
    const { line_items, total_cents } = invoiceWith([
      { suspended_at: "2026-12-10T08:00:00+02:00", resumed_at: "2026-12-11T08:00:00+02:00" },
    ]);
    expect(line_items).toMatchObject([
      {
        days: 30,
        suspended: [{ period_start: "2026-12-10", period_end: "2026-12-11" }],
        amount_cents: Math.round((79_900 * 30) / 31),
      },
    ]);
    expect(total_cents).toBe(Math.round((79_900 * 30) / 31));
  });
});

describe("pro rata", () => {
  it("leaves out the days of a suspension, also of one that goes on", () => {
    const suspended = (until: string | null) =>
      calculateProRata({
        priceCents: 79_900,
        activatedOn: "2026-11-01",
        suspended: [{ from: "2026-12-11", until }],
        period: december,
      });
    expect(suspended("2026-12-21")).toMatchObject({ days: 21, charge_cents: 54_126 });
    expect(suspended(null)).toMatchObject({ days: 10, charge_cents: 25_774 });
  });

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

  it.each([
    ["2026-11-30", "2026-12-15", 36_084, 14],
    ["2026-12-12", "2026-12-15", 7_732, 3],
    ["2026-12-31", "2027-02-01", 2_577, 1],
  ])(
    "from %s until before %s charges %d cents for %d days",
    (activatedOn, endedOn, cents, days) => {
      expect(
        calculateProRata({ priceCents: 79_900, activatedOn, endedOn, period: december }),
      ).toMatchObject({ charge_cents: cents, days, is_partial: true });
    },
  );

  it.each(["2026-12-01", "2026-11-01", "2026-12-12"])(
    "charges nothing when ended on %s",
    (endedOn) => {
      const activatedOn = "2026-12-12";
      expect(
        calculateProRata({ priceCents: 79_900, activatedOn, endedOn, period: december }),
      ).toBeNull();
    },
  );

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
      ended_at: null,
      revision: 0,
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
          vat_bps: 1500,
          vat_cents: 10_422,
        },
      ],
      subtotal_cents: 69_478,
      vat_cents: 10_422,
      total_cents: 79_900,
      amount_due_cents: 79_900,
      is_free_month: false,
      referral_reward_id: null,
      reward_treatment: null,
      reward_description: null,
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

const november = periodFromMonth("2026-11", settings.time_zone);
const inNovember = (changes: Partial<CustomerBillingFacts>) =>
  buildInvoices(
    customerFacts({ asOf: new Date("2026-11-20T06:00:00Z"), ...changes }),
    november,
    settings,
    on,
  );
const amounts = (draft: InvoiceDraft) => draft.line_items.map((line) => line.amount_cents);

/** Of no more use when the next month begins. */
const untilDecember = reward(1, { expires_at: "2026-11-30T22:00:00Z" });
const untilJanuary = reward(1, { expires_at: "2026-12-31T22:00:00Z" });

describe("a price that changed within the cycle", () => {
  const upgraded = serviceFacts(11, {
    package_name: "Fibre 200/100",
    price_cents: 99_900,
    earlier_prices: [{ until: "2026-11-10", package_name: "Fibre 100/50", price_cents: 79_900 }],
  });

  it("is charged with a line per price, each for its days", () => {
    const draft = only(inNovember({ services: [upgraded] }));
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 1–9 Nov 2026 (9 of 30 days at R 799.00 a month)",
      "Fibre 200/100 · 10–30 Nov 2026 (21 of 30 days at R 999.00 a month)",
    ]);
    expect(draft.line_items).toMatchObject([
      { amount_cents: 23_970, period_start: "2026-11-01", period_end: "2026-11-10", days: 9 },
      { amount_cents: 69_930, period_start: "2026-11-10", period_end: "2026-12-01", days: 21 },
    ]);
    expect(draft).toMatchObject({ charge_cents: 93_900, price_cents: 99_900, total_cents: 93_900 });
  });

  it("has VAT by line that adds up to that of the invoice", () => {
    const draft = only(inNovember({ services: [upgraded] }));
    expect(draft.line_items.map((line) => line.vat_cents)).toEqual([3_127, 9_121]);
    expect(draft).toMatchObject({ vat_cents: 12_248, subtotal_cents: 81_652 });
  });

  it("becomes dearer or cheaper", () => {
    const earlier = { until: "2026-11-16", package_name: "Fibre 200/100", price_cents: 99_900 };
    const services = [serviceFacts(11, { price_cents: 49_900, earlier_prices: [earlier] })];
    expect(amounts(only(inNovember({ services })))).toEqual([49_950, 24_950]);
  });

  it("may change more than once, and only what counted in the cycle is charged", () => {
    const price = (until: string, price_cents: number) => ({
      until,
      package_name: "Fibre 100/50",
      price_cents,
    });
    const services = [
      serviceFacts(11, {
        activated_at: "2026-11-04T08:00:00Z",
        price_cents: 60_000,
        earlier_prices: [
          price("2026-11-01", 1),
          price("2026-11-04", 2),
          price("2026-11-11", 30_000),
          price("2026-11-21", 90_000),
          price("2026-12-01", 60_000),
          price("2026-12-15", 3),
        ],
      }),
    ];
    const draft = only(inNovember({ services }));
    expect(draft.line_items.map((line) => [line.days, line.amount_cents])).toEqual([
      [7, 7_000],
      [10, 30_000],
      [10, 20_000],
    ]);
  });

  it("is free as a whole, and the line says so", () => {
    const draft = only(inNovember({ services: [upgraded], rewards: [reward(1)] }));
    expect(amounts(draft)).toEqual([23_970, 69_930, -93_900]);
    expect(descriptions(draft)[2]).toBe("Referral reward: free month");
    expect(draft).toMatchObject({ amount_waived_cents: 93_900, total_cents: 0, vat_cents: 0 });
  });

  it("is capped as a whole", () => {
    const rewards = [reward(1, { cap_cents: 50_000 })];
    const draft = only(inNovember({ services: [upgraded], rewards }));
    expect(amounts(draft)).toEqual([23_970, 69_930, -50_000]);
    expect(draft.line_items.map((line) => line.vat_cents)).toEqual([3_127, 9_121, -6_522]);
    expect(draft).toMatchObject({ amount_due_cents: 43_900, vat_cents: 5_726 });
    expect(descriptions(draft)[2]).toBe("Referral reward: free month (up to R 500.00)");
  });

  it("and its free month name the days of a service that started in the cycle", () => {
    const services = [{ ...upgraded, activated_at: "2026-11-03T08:00:00Z" }];
    const draft = only(inNovember({ services, rewards: [untilDecember] }));
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 3–9 Nov 2026 (7 of 30 days at R 799.00 a month)",
      "Fibre 200/100 · 10–30 Nov 2026 (21 of 30 days at R 999.00 a month)",
      "Referral reward: free month (28 of 30 days)",
    ]);
  });
});

describe("a service that ended", () => {
  const ended = (
    ended_at: string,
    changes: Partial<CustomerBillingFacts["services"][number]> = {},
  ) => serviceFacts(11, { status: "cancelled", ended_at, ...changes });

  it("is charged until before the local day of its end", () => {
    // 22:30 UTC on the 14th is already the 15th in Johannesburg.
    const draft = only(inNovember({ services: [ended("2026-11-14T22:30:00Z")] }));
    expect(descriptions(draft)).toEqual(["Fibre 100/50 · 1–14 Nov 2026 (14 of 30 days)"]);
    expect(draft).toMatchObject({ charge_cents: 37_287, ended_at: "2026-11-14T22:30:00Z" });
    expect(draft.line_items[0]).toMatchObject({ period_end: "2026-11-15" });
  });

  it.each([
    ["before the cycle", "2026-10-20T08:00:00Z", "2026-06-15T10:00:00Z"],
    ["on the first day of the cycle", "2026-11-01T20:00:00Z", "2026-06-15T10:00:00Z"],
    ["on the day on which it began", "2026-11-05T20:00:00Z", "2026-11-05T08:00:00Z"],
    ["before it began", "2026-11-05T08:00:00Z", "2026-11-07T08:00:00Z"],
  ])("has no invoice when it ended %s", (_when, ended_at, activated_at) => {
    expect(inNovember({ services: [ended(ended_at, { activated_at })] })).toEqual([]);
  });

  it("has its invoice once", () => {
    const services = [ended("2026-11-15T08:00:00Z", { already_invoiced: true })];
    expect(inNovember({ services })).toEqual([]);
  });

  it("is charged at the price of each of its days", () => {
    const earlier = { until: "2026-11-10", package_name: "Fibre 50/25", price_cents: 49_900 };
    const services = [ended("2026-11-15T08:00:00Z", { earlier_prices: [earlier] })];
    // 9 days at R 499.00, 5 at R 799.00.
    expect(amounts(only(inNovember({ services })))).toEqual([14_970, 13_317]);
  });

  it("is a part of a month: a reward waits for a whole one", () => {
    const last = ended("2026-11-30T08:00:00Z", { price_cents: 99_900 });
    expect(only(inNovember({ services: [last], rewards: [reward(1)] }))).toMatchObject({
      charge_cents: 96_570,
      is_free_month: false,
      referral_reward_id: null,
    });
    const services = [last, serviceFacts(12, { price_cents: 30_000 })];
    expect(
      inNovember({ services, rewards: [reward(1)] }).map((draft) => [
        draft.service_id,
        draft.amount_waived_cents,
      ]),
    ).toEqual([
      [id(11), 0],
      [id(12), 30_000],
    ]);
  });
});

describe("a service that was suspended", () => {
  const stopped = (
    suspended_at: string,
    resumed_at: string | null,
    changes: Partial<CustomerBillingFacts["services"][number]> = {},
  ) =>
    serviceFacts(11, {
      price_cents: 30_000,
      suspensions: [{ suspended_at, resumed_at }],
      ...changes,
    });
  const late = { asOf: new Date("2026-12-01T06:00:00Z") };

  it("is charged for its active days, and the line says which were not", () => {
    const services = [stopped("2026-11-05T08:00:00Z", "2026-11-23T08:00:00Z")];
    const draft = only(inNovember({ services }));
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 1–30 Nov 2026 (12 of 30 days: suspended 5–22 Nov)",
    ]);
    expect(draft.line_items[0]).toMatchObject({
      amount_cents: 12_000,
      days: 12,
      suspended: [{ period_start: "2026-11-05", period_end: "2026-11-23" }],
    });
  });

  it("since January and reactivated on the 29th pays for two days", () => {
    const services = [stopped("2026-01-10T08:00:00Z", "2026-11-29T08:00:00Z")];
    const draft = only(inNovember({ services }));
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 29–30 Nov 2026 (2 of 30 days: suspended 1–28 Nov)",
    ]);
    expect(draft.charge_cents).toBe(2_000);
  });

  it("and resumed on the same day loses no day", () => {
    const services = [stopped("2026-11-05T08:00:00Z", "2026-11-05T20:00:00Z")];
    const draft = only(inNovember({ services }));
    expect(descriptions(draft)).toEqual(["Fibre 100/50 · 1–30 Nov 2026"]);
    expect(draft.charge_cents).toBe(30_000);
  });

  it("until now is charged once its month is over, for the days before", () => {
    const services = [stopped("2026-11-05T08:00:00Z", null, { status: "suspended" })];
    expect(inNovember({ services })).toEqual([]);
    const draft = only(inNovember({ ...late, services }));
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 1–4 Nov 2026 (4 of 30 days: suspended 5–30 Nov)",
    ]);
    expect(draft.charge_cents).toBe(4_000);
  });

  it("for the whole month has no invoice", () => {
    const services = [stopped("2026-10-05T08:00:00Z", "2026-12-01T08:00:00Z")];
    expect(inNovember({ ...late, services })).toEqual([]);
  });

  it("is charged at the price of each of its days", () => {
    const earlier = { until: "2026-11-10", package_name: "Fibre 50/25", price_cents: 15_000 };
    const services = [
      stopped("2026-11-08T08:00:00Z", "2026-11-13T08:00:00Z", { earlier_prices: [earlier] }),
    ];
    expect(descriptions(only(inNovember({ services })))).toEqual([
      "Fibre 50/25 · 1–7 Nov 2026 (7 of 30 days at R 150.00 a month: suspended 8–9 Nov)",
      "Fibre 100/50 · 13–30 Nov 2026 (18 of 30 days at R 300.00 a month: suspended 10–12 Nov)",
    ]);
  });

  it("is a part of a month: a reward waits for a whole one", () => {
    const services = [stopped("2026-11-05T08:00:00Z", "2026-11-06T08:00:00Z")];
    const draft = only(inNovember({ services, rewards: [reward(1)] }));
    expect(draft).toMatchObject({ charge_cents: 29_000, is_free_month: false });
  });
});

describe("a change of the VAT rate within the cycle", () => {
  const changing = {
    ...settings,
    vat_changes: [{ effective_on: "2026-11-16", vat_bps: 1600 }],
  };
  const inHalves = (changes: Partial<CustomerBillingFacts> = {}) =>
    only(
      buildInvoices(
        customerFacts({ asOf: new Date("2026-11-01T06:00:00Z"), ...changes }),
        november,
        changing,
        on,
      ),
    );

  it("is apportioned by days: a line per rate, and the price stays the price", () => {
    const draft = inHalves({ services: [serviceFacts(11, { price_cents: 79_901 })] });
    expect(descriptions(draft)).toEqual([
      "Fibre 100/50 · 1–15 Nov 2026 (15 of 30 days, VAT 15 %)",
      "Fibre 100/50 · 16–30 Nov 2026 (15 of 30 days, VAT 16 %)",
    ]);
    expect(draft.line_items).toMatchObject([
      { amount_cents: 39_951, vat_bps: 1500, vat_cents: vatIncluded(39_951, 1500) },
      { amount_cents: 39_950, vat_bps: 1600, vat_cents: vatIncluded(39_950, 1600) },
    ]);
    expect(draft).toMatchObject({ total_cents: 79_901, vat_bps: 1500 });
  });

  it("splits a discount in proportion, so that VAT is due on what remains at each rate", () => {
    const draft = inHalves({ rewards: [reward(1, { cap_cents: 50_001 })] });
    const [first, second] = [39_950 - 25_001, 39_950 - 25_000];
    expect(amounts(draft)).toEqual([39_950, 39_950, -25_001, -25_000]);
    expect(draft).toMatchObject({
      total_cents: 29_899,
      vat_cents: vatIncluded(first, 1500) + vatIncluded(second, 1600),
    });
    expect(inHalves({ rewards: [reward(1)] })).toMatchObject({ total_cents: 0, vat_cents: 0 });
  });

  it("does not matter when it counts from another month", () => {
    const december = [{ effective_on: "2026-12-01", vat_bps: 1600 }];
    const [draft] = buildInvoices(
      customerFacts(),
      november,
      { ...settings, vat_changes: december },
      on,
    );
    expect(draft?.line_items).toMatchObject([{ vat_bps: 1500, days: 30 }]);
  });
});

describe("a free month that is consideration", () => {
  const credit = reward(1, { vat_treatment: "consideration" });

  it("is a credit: total and VAT stay, and less is due", () => {
    const draft = only(build({ rewards: [credit] }));
    expect(draft.line_items).toHaveLength(1);
    expect(draft).toMatchObject({
      total_cents: 79_900,
      vat_cents: 10_422,
      amount_due_cents: 0,
      amount_waived_cents: 79_900,
      is_free_month: true,
      reward_treatment: "consideration",
      reward_description: "Credit for your referral: free month",
    });
  });

  it("leaves the rest to pay when it is capped", () => {
    const draft = only(build({ rewards: [{ ...credit, cap_cents: 50_000 }] }));
    expect(draft).toMatchObject({
      total_cents: 79_900,
      vat_cents: 10_422,
      amount_due_cents: 29_900,
    });
    expect(draft.reward_description?.replaceAll("\u00a0", " ")).toBe(
      "Credit for your referral: free month (up to R 500.00)",
    );
  });

  it("is named as what it is when it was given by hand", () => {
    const given = (vat_treatment: "discount" | "consideration") =>
      only(build({ rewards: [reward(1, { source: "manual", vat_treatment })] }));
    expect(given("discount").reward_description).toBe("Goodwill: free month");
    expect(descriptions(given("discount"))[1]).toBe("Goodwill: free month");
    expect(given("consideration").reward_description).toBe("Goodwill credit: free month");
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

  it("waits for a whole month, and covers a part if it would expire before", () => {
    const services = [serviceFacts(11, { activated_at: "2026-12-12T08:00:00Z" })];
    expect(only(build({ services, rewards: [reward(1)] })).is_free_month).toBe(false);
    const draft = only(build({ services, rewards: [untilJanuary] }));
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
        const asOf = period.startsAt;
        const facts = customerFacts({
          used_free_month: c.used_free_month,
          asOf,
          rewards: c.caps.map((cap_cents, n) =>
            reward(n, { cap_cents, expires_at: new Date(+period.endsAt + 1 + n).toISOString() }),
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
        const whole = drafts.filter((draft) => draft.line_items[0]?.days === daysInPeriod(period));
        const dearest = Math.max(0, ...whole.map((draft) => draft.charge_cents));
        const isDue =
          rewardsEnabled && !c.used_free_month && facts.rewards.length > 0 && dearest > 0;
        expect(free.length).toBe(isDue ? 1 : 0);
        for (const draft of free) expect(draft.charge_cents).toBe(dearest);

        const billable = facts.services.filter(
          (s) =>
            s.status === "active" &&
            !s.already_invoiced &&
            localDate(new Date(s.activated_at ?? 0), c.timeZone) < period.end,
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
    const price = { until: "2026-12-10", package_name: "Fibre 50/25", price_cents: 49_900 };
    const parse = (changes: Parameters<typeof serviceFacts>[1]) =>
      customerBillingFactsSchema.safeParse({ ...facts, services: [serviceFacts(11, changes)] });
    expect(parse({ earlier_prices: [price], ended_at: "2026-12-20T08:00:00Z" }).success).toBe(true);
    expect(parse({ price_cents: 0.5 }).success).toBe(false);
    expect(parse({ ended_at: "soon" }).success).toBe(false);
    expect(parse({ earlier_prices: [{ ...price, price_cents: -1 }] }).success).toBe(false);
    expect(parse({ earlier_prices: [{ ...price, until: "2026-02-30" }] }).success).toBe(false);
  });
});
