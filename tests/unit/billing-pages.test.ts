import { describe, expect, test } from "vitest";
import { cycleDays, durationWords, secondsBetween } from "@/components/admin/billing/billing-words";
import { paceOf, withSample } from "@/components/admin/billing/runs/pace";
import { countOf, formatCount } from "@/components/ui/wording";
import { cycleOfMonth, cyclesAround } from "@/lib/billing/cycle";

const ZONE = "Africa/Johannesburg";

describe("the cycle that is billed", () => {
  test.each([
    ["2026-11-30T21:59:59.999Z", "2026-11", "open"],
    ["2026-11-30T22:00:00Z", "2026-11", "closed"],
    ["2026-10-31T21:59:59.999Z", "2026-11", "future"],
    ["2026-10-31T22:00:00Z", "2026-11", "open"],
  ])("at %s, %s is judged by the billing time zone: %s", (now, month, state) => {
    expect(cycleOfMonth(month, new Date(now), ZONE).state).toBe(state);
  });

  test("stands between the one before and the one after, across a change of year", () => {
    const cycles = cyclesAround(new Date("2026-12-31T22:00:00Z"), ZONE);
    expect(cycles).toEqual([
      {
        month: "2026-12",
        period_start: "2026-12-01",
        period_end: "2027-01-01",
        state: "closed",
      },
      { month: "2027-01", period_start: "2027-01-01", period_end: "2027-02-01", state: "open" },
      { month: "2027-02", period_start: "2027-02-01", period_end: "2027-03-01", state: "future" },
    ]);
  });

  test("is named by its days, the last one included", () => {
    expect(cycleDays({ period_start: "2028-02-01", period_end: "2028-03-01" })).toBe(
      "1–29 Feb 2028",
    );
  });
});

describe("the pace of a run", () => {
  const at = (seconds: number, done: number) => ({ at: seconds * 1000, done });

  test("is what was done between the first and the last look", () => {
    expect(paceOf([at(0, 0), at(2, 300), at(4, 400)], 1000)).toEqual({
      perSecond: 100,
      secondsLeft: 6,
    });
  });

  test("is not known before two looks, and has no end while nothing moves", () => {
    expect(paceOf([], 10)).toBeNull();
    expect(paceOf([at(0, 5)], 10)).toBeNull();
    expect(paceOf([at(0, 5), at(3, 5)], 10)).toEqual({ perSecond: 0, secondsLeft: null });
  });

  test("never promises less than no time when more was done than was counted at the start", () => {
    expect(paceOf([at(0, 0), at(1, 12)], 10)?.secondsLeft).toBe(0);
  });

  test("ignores looks that are long ago, and answers that arrive late", () => {
    let samples = withSample([], at(0, 0));
    for (let second = 1; second <= 20; second += 1)
      samples = withSample(samples, at(second, second));
    expect(samples).toHaveLength(8);
    expect(samples.at(0)).toEqual(at(13, 13));
    expect(withSample(samples, at(15, 15))).toEqual(samples);
    expect(withSample(samples, at(21, 19))).toEqual(samples);
  });
});

describe("figures of a run in words", () => {
  test.each([
    [0.2, "under 1 s"],
    [1, "1 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [185, "3 min 5 s"],
    [3600, "1 h"],
    [4830, "1 h 20 min"],
  ])("%f seconds: %s", (seconds, words) => {
    expect(durationWords(seconds)).toBe(words);
  });

  test("seconds between two instants are never negative", () => {
    expect(secondsBetween("2026-11-22T10:00:00Z", "2026-11-22T10:00:02.500Z")).toBe(2.5);
    expect(secondsBetween("2026-11-22T10:00:00Z", "2026-11-22T09:00:00Z")).toBe(0);
  });

  test("counts are grouped, and one is singular", () => {
    expect(formatCount(1_234_567)).toBe("1\u00a0234\u00a0567");
    expect(countOf(1, "service")).toBe("1 service");
    expect(countOf(0, "service")).toBe("0 services");
    expect(countOf(2, "customer")).toBe("2 customers");
  });
});
