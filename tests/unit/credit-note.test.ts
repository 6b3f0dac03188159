import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { creditVat, unusedDaysCredit } from "@/lib/invoicing/credit-note";
import { type BillingPeriod, daysInPeriod, periodFromMonth } from "@/lib/invoicing/period";
import { vatIncluded } from "@/lib/invoicing/vat";
import { roundHalfUp } from "@/lib/money";

const ZONE = "Africa/Johannesburg";
const cents = fc.integer({ min: 0, max: 10_000_000 });
const rate = fc.constantFrom(0, 1, 500, 1400, 1500, 1550, 9_999, 10_000);
const period = fc
  .tuple(fc.integer({ min: 2024, max: 2032 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => periodFromMonth(`${year}-${String(month).padStart(2, "0")}`, ZONE));

describe("the VAT of credits", () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 12 });

  test("adds up to the invoice's VAT exactly when all is credited, and never to more before", () => {
    fc.assert(
      fc.property(cents, rate, cuts, (total, bps, wanted) => {
        const invoice = { total_cents: total, vat_cents: vatIncluded(total, bps) };
        let credited = 0;
        let vat = 0;
        for (const cut of [...wanted, total]) {
          const amount = Math.min(cut, total - credited);
          const part = creditVat(invoice, credited, amount);
          expect(part).toBeGreaterThanOrEqual(0);
          expect(part).toBeLessThanOrEqual(amount);
          credited += amount;
          vat += part;
          expect(vat).toBeLessThanOrEqual(invoice.vat_cents);
        }
        expect([credited, vat]).toEqual([total, invoice.vat_cents]);
      }),
    );
  });

  test("is the same for one credit as for the same amount in two", () => {
    fc.assert(
      fc.property(cents, rate, cents, cents, (total, bps, a, b) => {
        const invoice = { total_cents: total, vat_cents: vatIncluded(total, bps) };
        const first = Math.min(a, total);
        const second = Math.min(b, total - first);
        expect(creditVat(invoice, 0, first) + creditVat(invoice, first, second)).toBe(
          creditVat(invoice, 0, first + second),
        );
      }),
    );
  });

  test.each([
    [79_900, 0, 79_900, 10_422],
    [79_900, 0, 10_000, 1_304],
    [79_900, 10_000, 69_900, 9_118],
    [1, 0, 1, 0],
    [4, 0, 3, 1],
    [4, 3, 1, 0],
    [0, 0, 0, 0],
  ])("on %i cents, of which %i are credited: %i more carry %i", (total, before, amount, vat) => {
    const invoice = { total_cents: total, vat_cents: vatIncluded(total, 1500) };
    expect(creditVat(invoice, before, amount)).toBe(vat);
  });

  test.each([
    [{ total_cents: 100, vat_cents: 13 }, 50, 51],
    [{ total_cents: 100, vat_cents: 13 }, 101, 0],
    [{ total_cents: 100, vat_cents: 13 }, 0, -1],
    [{ total_cents: 100, vat_cents: 13 }, 0, 0.5],
    [{ total_cents: 100, vat_cents: 101 }, 0, 1],
  ])("refuses what does not fit the invoice: %o, %s credited, %s more", (invoice, before, more) => {
    expect(() => creditVat(invoice, before, more)).toThrow(RangeError);
  });
});

describe("the credit for unused days", () => {
  const line = (period: Pick<BillingPeriod, "start" | "end">, amount: number) => ({
    kind: "service" as const,
    amount_cents: amount,
    period_start: period.start,
    period_end: period.end,
  });
  const reward = (amount: number) => ({ kind: "reward" as const, amount_cents: -amount });

  test("is what the charge exceeds that of the days used, to the cent", () => {
    fc.assert(
      fc.property(period, cents, fc.integer({ min: -40, max: 80 }), (cycle, amount, offset) => {
        const days = daysInPeriod(cycle);
        const used = Math.min(Math.max(offset, 0), days);
        const endedOn = dateOfDayNumber(dayNumber(cycle.start) + offset);
        expect(unusedDaysCredit([line(cycle, amount)], endedOn)).toBe(
          amount - roundHalfUp(BigInt(amount) * BigInt(used), BigInt(days)),
        );
      }),
    );
  });

  test("lies between nothing and what was paid, and shrinks with every day that was used", () => {
    fc.assert(
      fc.property(
        period,
        cents,
        cents,
        cents,
        fc.integer({ min: 1, max: 27 }),
        (cycle, before, after, waived, changedAfter) => {
          const change = dateOfDayNumber(dayNumber(cycle.start) + changedAfter);
          const taken = Math.min(waived, before + after);
          const lines = [
            line({ start: cycle.start, end: change }, before),
            line({ start: change, end: cycle.end }, after),
            reward(taken),
          ];
          const paid = before + after - taken;
          let last = unusedDaysCredit(lines, cycle.start);
          expect(last).toBe(paid);
          for (let day = 1; day <= daysInPeriod(cycle); day += 1) {
            const credit = unusedDaysCredit(lines, dateOfDayNumber(dayNumber(cycle.start) + day));
            expect(credit).toBeGreaterThanOrEqual(0);
            expect(credit).toBeLessThanOrEqual(last);
            last = credit;
          }
          expect(last).toBe(0);
        },
      ),
    );
  });

  const november = { start: "2026-11-01", end: "2026-12-01" };
  test.each([
    ["20 of 30 days used", [line(november, 79_900)], "2026-11-21", 26_633],
    [
      "connected on the 11th, 10 of 20 days used",
      [line({ start: "2026-11-11", end: "2026-12-01" }, 60_000)],
      "2026-11-21",
      30_000,
    ],
    ["a free month, nothing paid", [line(november, 79_900), reward(79_900)], "2026-11-16", 0],
    [
      "half of it waived, half of the days",
      [line(november, 80_000), reward(40_000)],
      "2026-11-16",
      20_000,
    ],
    ["after the period", [line(november, 79_900)], "2026-12-01", 0],
    [
      "lines that name no days",
      [{ kind: "service" as const, amount_cents: 79_900 }],
      "2026-11-16",
      0,
    ],
    ["no lines", [], "2026-11-16", 0],
    [
      "10 of 20 days used, the service being suspended on the other ten",
      [
        {
          ...line(november, 60_000),
          suspended: [{ period_start: "2026-10-25", period_end: "2026-11-11" }],
        },
      ],
      "2026-11-21",
      30_000,
    ],
  ])("%s", (_what, lines, endedOn, credit) => {
    expect(unusedDaysCredit(lines, endedOn)).toBe(credit);
  });

  test("refuses a date that does not exist", () => {
    expect(() => unusedDaysCredit([], "2026-11-31")).toThrow(RangeError);
  });
});
