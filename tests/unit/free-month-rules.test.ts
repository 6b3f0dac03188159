import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseCharge,
  chooseReward,
  isUsable,
  shouldApplyFreeMonth,
  waivedCents,
} from "@/lib/rewards/free-month-rules";
import { id, reward } from "@/tests/support/facts";

const asOf = new Date("2026-12-01T06:00:00Z");

describe("which reward is used", () => {
  it("is the one that expires first", () => {
    const later = reward(1, { expires_at: "2027-06-01T00:00:00Z" });
    const sooner = reward(2, { expires_at: "2027-05-01T00:00:00Z" });
    expect(chooseReward([later, sooner], asOf)).toBe(sooner);
  });

  it("is compared as an instant, not as text", () => {
    const first = reward(1, { expires_at: "2027-06-01T01:00:00+02:00" });
    const second = reward(2, { expires_at: "2027-05-31T23:30:00Z" });
    expect(chooseReward([second, first], asOf)).toBe(first);
  });

  it("is the oldest among those, then the lowest id", () => {
    const old = reward(3, { created_at: "2026-01-01T00:00:00Z" });
    const young = reward(1, { created_at: "2026-02-01T00:00:00Z" });
    expect(chooseReward([young, old], asOf)).toBe(old);
    expect(chooseReward([reward(5), reward(4)], asOf)?.id).toBe(id(904));
    expect(chooseReward([reward(4), reward(4)], asOf)?.id).toBe(id(904));
  });

  it("is never one that expires at or before the moment of issue", () => {
    expect(isUsable({ expires_at: "2026-12-01T06:00:00Z" }, asOf)).toBe(false);
    expect(isUsable({ expires_at: "2026-12-01T06:00:00.001Z" }, asOf)).toBe(true);
    expect(chooseReward([reward(1, { expires_at: "2026-12-01T06:00:00Z" })], asOf)).toBeNull();
  });

  it("does not depend on the order in which they come", () => {
    const rewards = Array.from({ length: 6 }, (_, n) =>
      reward(n, { expires_at: n % 2 ? "2027-01-01T00:00:00Z" : "2027-02-01T00:00:00Z" }),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(rewards, { minLength: 6 }), (shuffled) => {
        expect(chooseReward(shuffled, asOf)?.id).toBe(id(901));
      }),
    );
  });
});

describe("whether a cycle gets a free month", () => {
  const facts = {
    rewardsEnabled: true,
    usedFreeMonth: false,
    rewards: [reward(1)],
    charges: [{ service_id: id(11), charge_cents: 79_900 }],
    asOf,
  };

  it("yes: with a usable reward and a charge", () => {
    expect(shouldApplyFreeMonth(facts)).toEqual({
      apply: true,
      reward: reward(1),
      service_id: id(11),
      amount_waived_cents: 79_900,
    });
  });

  it.each([
    ["rewards_disabled", { rewardsEnabled: false }],
    ["already_used_this_cycle", { usedFreeMonth: true }],
    ["no_reward", { rewards: [] }],
    ["no_reward", { rewards: [reward(1, { expires_at: "2026-11-30T00:00:00Z" })] }],
    ["nothing_to_waive", { charges: [] }],
    ["nothing_to_waive", { charges: [{ service_id: id(11), charge_cents: 0 }] }],
    [
      "nothing_to_waive",
      { charges: [{ service_id: id(11), charge_cents: 79_900, is_final: true }] },
    ],
  ])("no: %s, given %j", (reason, change) => {
    expect(shouldApplyFreeMonth({ ...facts, ...change })).toEqual({ apply: false, reason });
  });
});

describe("which charge is free", () => {
  const charge = (n: number, charge_cents: number, is_final?: boolean) => ({
    service_id: id(n),
    charge_cents,
    is_final,
  });

  it("is the dearest; among equals that of the lowest service id", () => {
    expect(chooseCharge([charge(11, 100), charge(13, 200), charge(12, 200)])).toEqual(
      charge(12, 200),
    );
  });

  it("is never the last one of a service that has ended", () => {
    expect(chooseCharge([charge(11, 900, true), charge(12, 100)])).toEqual(charge(12, 100));
    expect(chooseCharge([charge(11, 900, true)])).toBeNull();
  });

  it("is chosen without changing the list", () => {
    const charges = [charge(12, 100), charge(11, 200)];
    chooseCharge(charges);
    expect(charges.map(({ service_id }) => service_id)).toEqual([id(12), id(11)]);
  });
});

describe("what it is worth", () => {
  it.each([
    [79_900, null, 79_900],
    [79_900, 50_000, 50_000],
    [30_000, 50_000, 30_000],
  ])("a charge of %d with a cap of %s waives %d", (charge, cap, waived) => {
    expect(waivedCents(charge, cap)).toBe(waived);
  });
});
