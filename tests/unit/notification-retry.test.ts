import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  exhaustedReason,
  GIVE_UP_AFTER_HOURS,
  MAX_TRIES,
  parseRetryAfter,
  planRetry,
  retryDelaySeconds,
} from "@/lib/notifications/retry";

const start = new Date("2026-12-01T08:00:00Z");
const later = (seconds: number) => new Date(start.getTime() + seconds * 1000);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the pause after a failed try", () => {
  it.each([
    [1, 30],
    [2, 60],
    [3, 120],
    [7, 1920],
    [8, 3840],
    [9, 7200],
    [40, 7200],
  ])("number %i is about %i seconds", (tries, seconds) => {
    expect(retryDelaySeconds(tries, 0.5)).toBe(seconds);
  });

  it("varies by up to a quarter, and never exceeds two hours", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), random, (tries, chance) => {
        const middle = retryDelaySeconds(tries, 0.5);
        const delay = retryDelaySeconds(tries, chance);
        expect(delay).toBeGreaterThanOrEqual(middle * 0.75);
        expect(delay).toBeLessThanOrEqual(Math.min(middle * 1.25, 7200));
      }),
    );
  });
});

describe("a plan for the next try", () => {
  it("waits at least as long as the provider asked", () => {
    expect(planRetry(1, start, start, 900, 0.5)).toEqual({ at: later(900) });
    expect(planRetry(1, start, start, 1, 0.5)).toEqual({ at: later(30) });
    expect(planRetry(1, start, start, null, 0.5)).toEqual({ at: later(30) });
  });

  it("gives up after the eighth try", () => {
    expect(planRetry(MAX_TRIES - 1, start, start, null, 0.5)).toHaveProperty("at");
    expect(planRetry(MAX_TRIES, start, start, null, 0.5)).toEqual({
      giveUp: "Given up after 8 tries.",
    });
  });

  it("gives up rather than try again when the provider may have forgotten the key", () => {
    const limit = GIVE_UP_AFTER_HOURS * 3600;
    expect(planRetry(1, start, start, limit - 1, 0.5)).toEqual({ at: later(limit - 1) });
    expect(planRetry(1, start, start, limit, 0.5)).toHaveProperty("giveUp");
    expect(planRetry(1, start, start, Number.MAX_VALUE, 0.5)).toHaveProperty("giveUp");
  });

  it("always lies in the future and before the limit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.option(fc.integer({ min: 0, max: 200_000 })),
        random,
        (tries, elapsed, asked, chance) => {
          const plan = planRetry(tries, start, later(elapsed), asked, chance);
          if ("giveUp" in plan) return;
          expect(plan.at.getTime()).toBeGreaterThan(later(elapsed).getTime());
          expect(plan.at.getTime()).toBeLessThan(later(GIVE_UP_AFTER_HOURS * 3600).getTime());
        },
      ),
    );
  });
});

describe("a claimed mail", () => {
  it.each([
    [1, 0, false],
    [8, 3600, false],
    [9, 3600, true],
    [2, 23 * 3600 - 1, false],
    [2, 23 * 3600, true],
    // The clock of a first try is the claim itself, so nothing was handed over yet.
    [1, 30 * 3600, false],
  ])("on try %i, %i seconds after the first, is given up: %s", (tries, seconds, givenUp) => {
    expect(exhaustedReason(tries, start, later(seconds)) !== null).toBe(givenUp);
  });
});

describe("Retry-After", () => {
  it.each([
    ["120", 120],
    [" 1.5 ", 1.5],
    ["0", 0],
    ["Tue, 01 Dec 2026 08:01:00 GMT", 60],
    ["Tue, 01 Dec 2026 07:00:00 GMT", 0],
    ["-5", null],
    ["soon", null],
    ["", null],
    ["99999999999999", null],
    [undefined, null],
  ])("%j means %j seconds", (value, seconds) => {
    expect(parseRetryAfter(value, start)).toBe(seconds);
  });
});
