import { describe, expect, it } from "vitest";
import { judgeWorld, shareOf, summarise } from "@/tests/bench/fraud";

describe("on a labelled world of referrals, the rules", () => {
  const summary = summarise(judgeWorld(7, 0.15));

  it("block every referral that must be blocked", () => {
    expect(summary.block_caught.of).toBeGreaterThan(80);
    expect(summary.block_caught.count).toBe(summary.block_caught.of);
  });

  it("hold at least 97 of 100 that must be held", () => {
    expect(summary.hold_caught.of).toBeGreaterThan(150);
    expect(summary.hold_caught.percent).toBeGreaterThanOrEqual(97);
  });

  it("flag at least 97 of 100 that are suspicious", () => {
    expect(summary.flag_caught.percent).toBeGreaterThanOrEqual(97);
  });

  it("block no honest person, and hold fewer than 15 of 1,000", () => {
    expect(summary.honest_blocked.of).toBeGreaterThan(900);
    expect(summary.honest_blocked.count).toBe(0);
    expect(summary.honest_held.percent).toBeLessThan(1.5);
  });
});

describe("the interval of a share", () => {
  it.each([
    [0, 100, 0, 3.7],
    [50, 100, 40.38, 59.62],
    [100, 100, 96.3, 100],
    [0, 0, 0, 100],
  ])("%i of %i lies between %d and %d per cent", (count, of, low, high) => {
    expect(shareOf(count, of)).toMatchObject({ low, high });
  });
});
