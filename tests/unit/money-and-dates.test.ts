import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixedClock, systemClock } from "@/lib/clock";
import {
  dateOfDayNumber,
  dayNumber,
  formatDate,
  formatDateRange,
  formatDateTime,
  localDate,
} from "@/lib/dates";
import { textsIn } from "@/lib/language/catalogue";
import { relativeDaysIn } from "@/lib/language/dates";
import { assertCents, formatMoney, roundHalfUp } from "@/lib/money";
import { TIME_ZONES } from "@/tests/support/facts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("money is shown to the cent, with spaces that do not break", () => {
  it.each([
    [79_900, "R 799.00"],
    [123_450, "R 1 234.50"],
    [100_000_005, "R 1 000 000.05"],
    [0, "R 0.00"],
    [-0, "R 0.00"],
    [5, "R 0.05"],
    [-79_900, "-R 799.00"],
    [-5, "-R 0.05"],
  ])("shows %d cents as %s", (cents, expected) => {
    expect(plain(formatMoney(cents))).toBe(expected);
    expect(formatMoney(cents)).not.toContain(" ");
  });

  it("names currencies that have no symbol here", () => {
    expect(plain(formatMoney(123_450, "USD"))).toBe("USD 1 234.50");
  });

  it("shows exactly the amount that it was given", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (cents) => {
        expect(BigInt(formatMoney(cents).replace(/[^\d-]/g, ""))).toBe(BigInt(cents));
      }),
    );
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d", (amount) => {
    expect(() => assertCents(amount)).toThrow(RangeError);
    expect(() => formatMoney(amount)).toThrow(RangeError);
  });
});

describe("rounding is half-up and exact", () => {
  it.each([
    [1n, 2n, 1],
    [-1n, 2n, 0],
    [-3n, 2n, -1],
    [-2n, 3n, -1],
    [4n, 3n, 1],
    [5n, 3n, 2],
    [0n, 7n, 0],
  ])("rounds %d/%d to %d", (numerator, denominator, expected) => {
    expect(roundHalfUp(numerator, denominator)).toBe(expected);
  });

  it("is never further than half a cent away, and halves go up", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
        fc.bigInt({ min: 1n, max: 100_000n }),
        (n, d) => {
          const twiceError = 2n * (BigInt(roundHalfUp(n, d)) * d - n);
          expect(twiceError > -d && twiceError <= d).toBe(true);
        },
      ),
    );
  });

  it("refuses a denominator of zero or less, and amounts that a number cannot hold", () => {
    expect(() => roundHalfUp(1n, 0n)).toThrow(RangeError);
    expect(() => roundHalfUp(1n, -1n)).toThrow(RangeError);
    expect(() => roundHalfUp(2n ** 60n, 1n)).toThrow(RangeError);
  });
});

describe("dates are those of the given zone, whatever the server's", () => {
  it("shows day, short month and year, and the time on 24 hours", () => {
    expect(formatDate("2026-12-14T10:00:00Z", "Africa/Johannesburg")).toBe("14 Dec 2026");
    expect(formatDate("2026-09-03T10:00:00Z", "UTC")).toBe("3 Sep 2026");
    expect(formatDateTime("2026-12-14T13:04:00Z", "Africa/Johannesburg")).toBe(
      "14 Dec 2026, 15:04",
    );
  });

  it("turns the day at local midnight", () => {
    const lastSecond = new Date("2026-12-31T21:59:59Z");
    const midnight = new Date("2026-12-31T22:00:00Z");
    expect(formatDate(lastSecond, "Africa/Johannesburg")).toBe("31 Dec 2026");
    expect(formatDate(midnight, "Africa/Johannesburg")).toBe("1 Jan 2027");
    expect(localDate(midnight, "Africa/Johannesburg")).toBe("2027-01-01");
    expect(localDate(midnight, "UTC")).toBe("2026-12-31");
    expect(localDate(midnight, "America/New_York")).toBe("2026-12-31");
  });

  it.each(TIME_ZONES)("never shifts a calendar date in %s", (zone) => {
    expect(formatDate("2026-03-01", zone)).toBe("1 Mar 2026");
  });

  it.each([
    ["2026-12-01", "2026-12-31", "1–31 Dec 2026"],
    ["2026-12-31", "2026-12-31", "31 Dec 2026"],
    ["2026-11-28", "2026-12-03", "28 Nov – 3 Dec 2026"],
    ["2026-12-28", "2027-01-03", "28 Dec 2026 – 3 Jan 2027"],
  ])("writes %s to %s as %s", (first, last, expected) => {
    expect(formatDateRange(first, last)).toBe(expected);
  });

  it.each([
    ["2026-12-14T21:59:00Z", "today"],
    ["2026-12-14T22:01:00Z", "tomorrow"],
    ["2026-12-13T12:00:00Z", "yesterday"],
    ["2026-12-20", "in 6 days"],
    ["2026-12-11", "3 days ago"],
  ])("tells how far %s is: %s", (date, expected) => {
    const now = new Date("2026-12-14T08:00:00Z");
    expect(relativeDaysIn(textsIn("en", "formats"), date, now, "Africa/Johannesburg")).toBe(
      expected,
    );
  });

  it("counts days forth and back without losing one", () => {
    fc.assert(
      fc.property(fc.integer({ min: -50_000, max: 50_000 }), (day) => {
        expect(dayNumber(dateOfDayNumber(day))).toBe(day);
      }),
    );
  });

  it.each(["2026-02-30", "2026-13-01", "2026-1-1", "soon", ""])("refuses %j", (text) => {
    expect(() => dayNumber(text)).toThrow(RangeError);
  });

  it("refuses what is no instant, no zone or no range", () => {
    expect(() => formatDate("soon", "UTC")).toThrow(RangeError);
    expect(() => localDate(new Date(Number.NaN), "UTC")).toThrow(RangeError);
    expect(() => localDate(new Date(0), "Africa/Atlantis")).toThrow(RangeError);
    expect(() => formatDateRange("2026-12-02", "2026-12-01")).toThrow(RangeError);
  });
});

describe("the clock", () => {
  it("stands still when fixed, even if somebody changes the date it gave", () => {
    const clock = fixedClock("2026-12-14T08:00:00Z");
    clock().setFullYear(1999);
    expect(clock()).toEqual(new Date("2026-12-14T08:00:00Z"));
    expect(fixedClock(new Date(5))().getTime()).toBe(5);
    expect(() => fixedClock("soon")).toThrow(RangeError);
  });

  it("runs with the machine otherwise", () => {
    expect(systemClock()).toBeInstanceOf(Date);
  });
});
