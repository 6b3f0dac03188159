import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_TRIES, parseRetryAfter, retryDelaySeconds } from "@/lib/notifications/retry";

const start = new Date("2026-12-01T08:00:00Z");
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the pause after a try that was refused for the mail itself", () => {
  it.each([
    [1, 60],
    [2, 300],
    [3, 1_200],
    [7, 43_200],
    [40, 43_200],
  ])("number %i is at most %i seconds", (tries, seconds) => {
    expect(retryDelaySeconds(tries, 0)).toBe(seconds);
  });

  it("is up to a tenth shorter, and all together span most of a day and no more", () => {
    fc.assert(
      fc.property(fc.array(random, { minLength: 7, maxLength: 7 }), (chances) => {
        const delays = chances.map((chance, n) => retryDelaySeconds(n + 1, chance));
        for (const [n, delay] of delays.entries()) {
          expect(delay).toBeGreaterThan(retryDelaySeconds(n + 1, 0) * 0.9 - 0.001);
          expect(delay).toBeLessThanOrEqual(retryDelaySeconds(n + 1, 0));
        }
        const hours = delays.reduce((sum, delay) => sum + delay, 0) / 3600;
        expect(delays).toHaveLength(MAX_TRIES - 1);
        expect(hours).toBeGreaterThan(20);
        expect(hours).toBeLessThan(23);
      }),
    );
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
    [null, null],
  ])("%j means %j seconds", (value, seconds) => {
    expect(parseRetryAfter(value, start)).toBe(seconds);
  });
});
