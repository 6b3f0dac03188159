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
  const nextMonth = new Date("2026-12-31T22:00:00Z");
  const charge = (n: number, charge_cents: number, is_whole = true) => ({
    service_id: id(n),
    charge_cents,
    is_whole,
  });
  const facts = {
    rewardsEnabled: true,
    usedFreeMonth: false,
    rewards: [reward(1)],
    charges: [charge(11, 79_900)],
    dearestInvoicedCents: 0,
    asOf,
    isCompletion: false,
    nextWholeMonthAt: () => nextMonth,
  };
  const decide = (changes: Partial<typeof facts>) => shouldApplyFreeMonth({ ...facts, ...changes });
  const waits = { apply: false, reason: "waits_for_whole_month" };
  const free = (n: number, amount_waived_cents: number) => ({
    apply: true,
    service_id: id(n),
    amount_waived_cents,
  });
  /** Usable now, and of no more use when the next month begins. */
  const lastChance = [reward(1, { expires_at: nextMonth.toISOString() })];

  it("yes: with a usable reward and a whole month to pay", () => {
    expect(decide({})).toEqual({ ...free(11, 79_900), reward: reward(1) });
  });

  it.each([
    ["rewards_disabled", { rewardsEnabled: false }],
    ["already_used_this_cycle", { usedFreeMonth: true }],
    ["no_reward", { rewards: [] }],
    ["no_reward", { rewards: [reward(1, { expires_at: "2026-11-30T00:00:00Z" })] }],
    ["nothing_to_waive", { charges: [] }],
    ["nothing_to_waive", { charges: [charge(11, 0)] }],
    ["waits_for_whole_month", { charges: [charge(11, 5_797, false)] }],
    ["waits_for_whole_month", { isCompletion: true }],
    ["waits_for_whole_month", { dearestInvoicedCents: 129_900 }],
  ])("no: %s, given %j", (reason, change) => {
    expect(decide(change)).toEqual({ apply: false, reason });
  });

  it("goes to the dearest whole month, however dear a part of one is", () => {
    const charges = [charge(11, 129_800, false), charge(12, 49_900), charge(13, 79_900)];
    expect(decide({ charges })).toMatchObject(free(13, 79_900));
  });

  it("waits when a dearer month of the cycle is invoiced, and not for an equal one", () => {
    expect(decide({ dearestInvoicedCents: 79_901 })).toEqual(waits);
    expect(decide({ dearestInvoicedCents: 79_900 })).toMatchObject(free(11, 79_900));
  });

  it("takes what there is when it would expire before the next whole month", () => {
    const rewards = lastChance;
    const part = [charge(11, 5_797, false)];
    expect(decide({ rewards, charges: part })).toMatchObject(free(11, 5_797));
    expect(decide({ rewards, isCompletion: true })).toMatchObject(free(11, 79_900));
    expect(decide({ rewards, dearestInvoicedCents: 129_900 })).toMatchObject(free(11, 79_900));
  });

  it("prefers a whole month to a dearer part also then", () => {
    const charges = [charge(11, 129_800, false), charge(12, 49_900)];
    expect(decide({ rewards: lastChance, charges })).toMatchObject(free(12, 49_900));
  });

  it("leaves a completion to the month under way while that waits for its invoice", () => {
    const rewards = lastChance;
    const completion = { rewards, isCompletion: true, nextWholeMonthAt: () => asOf };
    expect(decide(completion)).toEqual(waits);
  });
});

describe("which charge is the dearest", () => {
  const charge = (n: number, charge_cents: number) => ({
    service_id: id(n),
    charge_cents,
    is_whole: true,
  });

  it("among equals that of the lowest service id, and none of nothing", () => {
    const charges = [charge(11, 100), charge(13, 200), charge(12, 200)];
    expect(chooseCharge(charges)).toEqual(charge(12, 200));
    expect(chooseCharge([charge(11, 0)])).toBeNull();
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
