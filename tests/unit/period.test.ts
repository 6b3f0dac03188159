import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayNumber, localDate } from "@/lib/dates";
import {
  addLocalDays,
  daysInPeriod,
  nextPeriod,
  periodContaining,
  periodFromMonth,
} from "@/lib/invoicing/period";
import { FAR_TIME_ZONES } from "@/tests/support/facts";

const zone = fc.constantFrom(...FAR_TIME_ZONES);
const instant = fc.date({
  min: new Date("2024-01-01T00:00:00Z"),
  max: new Date("2032-12-31T23:59:59Z"),
  noInvalidDate: true,
});
const MONTHS = Array.from({ length: 108 }, (_, i) => {
  const month = String((i % 12) + 1).padStart(2, "0");
  return `${2024 + Math.floor(i / 12)}-${month}`;
});

const wallTime = (at: Date, timeZone: string) =>
  new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "medium" }).format(at);

describe("a cycle is a calendar month of the billing zone", () => {
  it.each([
    ["Africa/Johannesburg", "2026-12-31T21:59:59.999Z", "2026-12-01"],
    ["Africa/Johannesburg", "2026-12-31T22:00:00.000Z", "2027-01-01"],
    ["UTC", "2026-12-31T23:59:59.999Z", "2026-12-01"],
    ["America/New_York", "2026-04-01T03:59:59.999Z", "2026-03-01"],
    ["America/New_York", "2026-04-01T04:00:00.000Z", "2026-04-01"],
    ["Europe/London", "2026-06-30T22:59:59.999Z", "2026-06-01"],
    ["Europe/London", "2026-06-30T23:00:00.000Z", "2026-07-01"],
  ])("in %s, %s lies in the month of %s", (timeZone, at, start) => {
    expect(periodContaining(new Date(at), timeZone).start).toBe(start);
  });

  it.each(FAR_TIME_ZONES)(
    "has the length of its month and follows without a gap in %s",
    (timeZone) => {
      MONTHS.forEach((month, index) => {
        const period = periodFromMonth(month, timeZone);
        const [year, m] = month.split("-").map(Number);
        expect(daysInPeriod(period)).toBe(new Date(Date.UTC(year ?? 0, m ?? 0, 0)).getUTCDate());
        expect(wallTime(period.startsAt, timeZone)).toBe("00:00:00");
        expect(localDate(period.startsAt, timeZone)).toBe(period.start);
        const next = nextPeriod(period, timeZone);
        expect(next.start).toBe(period.end);
        expect(next.startsAt).toEqual(period.endsAt);
        const following = MONTHS[index + 1];
        if (following !== undefined) expect(next).toEqual(periodFromMonth(following, timeZone));
      });
    },
  );

  it("contains every instant exactly once", () => {
    fc.assert(
      fc.property(instant, zone, (at, timeZone) => {
        const period = periodContaining(at, timeZone);
        expect(at >= period.startsAt && at < period.endsAt).toBe(true);
      }),
    );
  });

  it("knows leap years", () => {
    expect(daysInPeriod(periodFromMonth("2028-02", "UTC"))).toBe(29);
    expect(daysInPeriod(periodFromMonth("2027-02", "UTC"))).toBe(28);
  });

  it.each(["2026-13", "2026-00", "2026-1", "2026-12-01", "december", ""])("refuses %j", (month) => {
    expect(() => periodFromMonth(month, "UTC")).toThrow(RangeError);
  });

  it("refuses an unknown zone and an invalid instant", () => {
    expect(() => periodFromMonth("2026-12", "Africa/Atlantis")).toThrow(RangeError);
    expect(() => periodContaining(new Date(Number.NaN), "UTC")).toThrow(RangeError);
  });
});

describe("thirty days later is the same local time", () => {
  it("over the change to summer time and back", () => {
    const at = new Date("2026-03-01T12:00:00Z");
    expect(addLocalDays(at, 30, "Europe/London").toISOString()).toBe("2026-03-31T11:00:00.000Z");
    const autumn = new Date("2026-10-20T11:00:00Z");
    expect(addLocalDays(autumn, 30, "Europe/London").toISOString()).toBe(
      "2026-11-19T12:00:00.000Z",
    );
  });

  it("moves an hour that does not exist forward, and takes the later of two", () => {
    // 02:30 on 8 March 2026 is skipped in New York; 01:30 on 1 November comes twice.
    expect(
      addLocalDays(new Date("2026-03-07T07:30:00Z"), 1, "America/New_York").toISOString(),
    ).toBe("2026-03-08T07:30:00.000Z");
    expect(
      addLocalDays(new Date("2026-10-31T05:30:00Z"), 1, "America/New_York").toISOString(),
    ).toBe("2026-11-01T06:30:00.000Z");
  });

  it("moves the calendar date by exactly that many days, in every zone", () => {
    fc.assert(
      fc.property(instant, zone, fc.integer({ min: -400, max: 400 }), (at, timeZone, days) => {
        const moved = dayNumber(localDate(addLocalDays(at, days, timeZone), timeZone));
        expect(moved - dayNumber(localDate(at, timeZone))).toBe(days);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses parts of a day", () => {
    expect(() => addLocalDays(new Date(0), 0.5, "UTC")).toThrow(RangeError);
  });
});
