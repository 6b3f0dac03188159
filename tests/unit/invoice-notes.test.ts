import { describe, expect, test } from "vitest";
import { invoiceNotes } from "@/components/invoices/invoice-notes";
import { invoiceStatus } from "@/components/invoices/invoice-status";
import { periodFromMonth } from "@/lib/invoicing/period";
import { buildInvoices, type CustomerBillingFacts } from "@/lib/rewards/build-invoices";
import { billingSettings, customerFacts, reward, serviceFacts } from "@/tests/support/facts";

const settings = billingSettings();
const november = periodFromMonth("2026-11", settings.time_zone);

type Service = Partial<CustomerBillingFacts["services"][number]>;

/** What is said of the invoice that the rules make of a service. */
function notesOf(
  service: Service,
  rewards: ReturnType<typeof reward>[] = [],
  isOwn = true,
  vat_changes: { effective_on: string; vat_bps: number }[] = [],
) {
  const [draft] = buildInvoices(
    customerFacts({
      asOf: new Date("2026-11-25T06:00:00Z"),
      rewards,
      services: [serviceFacts(11, service)],
    }),
    november,
    { ...settings, vat_changes },
    { rewardsEnabled: true },
  );
  if (!draft) throw new Error("no invoice");
  return invoiceNotes({ ...draft, currency: "ZAR" }, isOwn).map((note) =>
    note.replaceAll("\u00a0", " "),
  );
}

describe("an invoice explains in words", () => {
  test("nothing, when it charges the full month at one price", () => {
    expect(notesOf({})).toEqual([]);
  });

  test("that the service began or ended within the month, and how many days it covers", () => {
    const connected = { activated_at: "2026-11-10T08:00:00Z" };
    const ended = { status: "cancelled" as const, ended_at: "2026-11-20T08:00:00Z" };
    expect(notesOf(connected)).toEqual([
      "You were connected on 10 Nov 2026, so this invoice covers 21 of 30 days.",
    ]);
    expect(notesOf(ended)).toEqual([
      "Your service ended on 20 Nov 2026, so this invoice covers 19 of 30 days.",
    ]);
    expect(notesOf({ ...connected, ...ended })).toEqual([
      "You were connected on 10 Nov 2026 and your service ended on 20 Nov 2026, so this invoice covers 10 of 30 days.",
    ]);
    expect(notesOf({ ...connected, ...ended }, [], false)).toEqual([
      "The service was connected on 10 Nov 2026 and the service ended on 20 Nov 2026, so this invoice covers 10 of 30 days.",
    ]);
  });

  test("that the service was suspended, and that the VAT rate changed", () => {
    const suspensions = [
      { suspended_at: "2026-11-05T08:00:00Z", resumed_at: "2026-11-23T08:00:00Z" },
    ];
    expect(notesOf({ suspensions })).toEqual([
      "Your service was suspended from 5 Nov 2026 to 22 Nov 2026, so this invoice covers 12 of 30 days.",
    ]);
    expect(notesOf({}, [], true, [{ effective_on: "2026-11-16", vat_bps: 1600 }])).toEqual([
      "The VAT rate changed on 16 Nov 2026: each part of the month has its own rate.",
    ]);
  });

  test("that a free month was goodwill, or is a credit", () => {
    expect(notesOf({}, [reward(1, { source: "manual" })])).toEqual([
      "Your free month given as goodwill took R 799.00 off. There is nothing to pay for this period.",
    ]);
    expect(notesOf({}, [reward(1, { vat_treatment: "consideration" })])).toEqual([
      "Your free month from the referral programme pays R 799.00 of the total. There is nothing to pay for this period.",
    ]);
  });

  test("that the price changed on the way", () => {
    const changed = {
      package_name: "Fibre 200",
      price_cents: 99_900,
      earlier_prices: [
        { until: "2026-11-11", package_name: "Fibre 50", price_cents: 59_900 },
        { until: "2026-11-16", package_name: "Fibre 100", price_cents: 79_900 },
      ],
    };
    expect(notesOf(changed)).toEqual([
      "Your package changed on 11 Nov 2026 and 16 Nov 2026: each part of the month is charged at its own price.",
    ]);
    expect(notesOf(changed, [], false)).toEqual([
      "The package changed on 11 Nov 2026 and 16 Nov 2026: each part of the month is charged at its own price.",
    ]);
  });

  test("what a free month took off, and what is left", () => {
    expect(notesOf({}, [reward(1)])).toEqual([
      "Your free month from the referral programme took R 799.00 off. There is nothing to pay for this period.",
    ]);
    expect(notesOf({}, [reward(1)], false)).toEqual([
      "A free month from the referral programme took R 799.00 off. There is nothing to pay for this period.",
    ]);
    expect(
      notesOf({ activated_at: "2026-11-10T08:00:00Z" }, [
        // It would expire before the next whole month.
        reward(1, { cap_cents: 30_000, expires_at: "2026-11-30T22:00:00Z" }),
      ]),
    ).toEqual([
      "You were connected on 10 Nov 2026, so this invoice covers 21 of 30 days.",
      "Your free month from the referral programme took R 300.00 off, the most that one free month is worth. R 259.30 is left to pay.",
    ]);
  });

  test("that a price of nothing leaves nothing to pay", () => {
    expect(notesOf({ price_cents: 0 })).toEqual(["There is nothing to pay on this invoice."]);
  });

  test("nothing of the days, where an older invoice does not name them", () => {
    const line = { kind: "service" as const, description: "Fibre", quantity: 1, unit_cents: 100 };
    expect(
      invoiceNotes(
        {
          line_items: [{ ...line, amount_cents: 100, vat_cents: 13 }],
          period_start: "2026-11-01",
          period_end: "2026-12-01",
          is_free_month: false,
          amount_waived_cents: 0,
          amount_due_cents: 100,
          reward_treatment: null,
          reward_description: null,
          currency: "ZAR",
        },
        true,
      ),
    ).toEqual([]);
  });
});

describe("an invoice stands as", () => {
  const due = {
    is_free_month: false,
    amount_due_cents: 79_900,
    credited_cents: 0,
    outstanding_cents: 79_900,
    due_on: "2026-12-01",
  };
  test.each([
    ["free", { ...due, is_free_month: true, amount_due_cents: 0 }],
    ["paid", { ...due, amount_due_cents: 0 }],
    ["paid", { ...due, outstanding_cents: 0 }],
    ["credited", { ...due, credited_cents: 79_900 }],
    ["credited", { ...due, credited_cents: 79_900, outstanding_cents: 0 }],
    ["overdue", { ...due, credited_cents: 79_899 }],
    ["overdue", due],
    ["overdue", { ...due, outstanding_cents: 1 }],
    ["part_paid", { ...due, outstanding_cents: 1, due_on: "2026-12-02" }],
    ["due", { ...due, due_on: "2026-12-02" }],
  ])("%s: %o", (status, invoice) => {
    expect(invoiceStatus(invoice, "2026-12-01T22:00:00Z", "Africa/Johannesburg")).toBe(status);
  });
});
