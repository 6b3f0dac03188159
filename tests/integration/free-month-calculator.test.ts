import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixedClock } from "@/lib/clock";
import { periodFromMonth } from "@/lib/invoicing/period";
import { FreeMonthCalculator } from "@/lib/rewards/free-month-calculator";
import { intercepted, UNREACHABLE } from "@/tests/support/billing";
import { ACTOR, newCustomer, pendingReward } from "@/tests/support/builders";
import { billingSettings, customerFacts, id, reward } from "@/tests/support/facts";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";
import { violations } from "@/tests/support/rows";

let own: OwnStack;
beforeAll(async () => {
  own = await ownStack();
});
afterAll(() => own?.stop());

const NOW = "2026-12-01T06:00:00Z";
const calculator = (asOf = NOW, rewardsEnabled = true) =>
  new FreeMonthCalculator({ client: own.client, clock: fixedClock(asOf), rewardsEnabled });

describe("pending rewards", () => {
  it("are those that can be used now, in the order of their use", async () => {
    const { id: customer } = await newCustomer(own.sql);
    const other = await newCustomer(own.sql);
    const later = await pendingReward(own.sql, customer, { expiresAt: "2027-06-01T00:00:00Z" });
    const sooner = await pendingReward(own.sql, customer, {
      expiresAt: "2027-05-01T00:00:00Z",
      capCents: 50_000,
    });
    await pendingReward(own.sql, customer, { expiresAt: NOW });
    const revoked = await pendingReward(own.sql, customer);
    await own.sql`select private.revoke_reward(${customer}, ${revoked}, 'Mistake', ${ACTOR}, now())`;
    await pendingReward(own.sql, other.id);

    expect(await calculator().getPendingRewards(customer)).toEqual([
      {
        id: sooner,
        reward_type: "free_month",
        status: "pending",
        source: "manual",
        created_at: "2026-10-01T08:00:00.000Z",
        expires_at: "2027-05-01T00:00:00.000Z",
        cap_cents: 50_000,
        vat_treatment: "discount",
      },
      expect.objectContaining({ id: later, cap_cents: null }),
    ]);
    expect(await calculator().getPendingRewards(id(1))).toEqual([]);
  });

  it("that cannot be read are an error of the closed list", async () => {
    await expect(calculator().getPendingRewards("nobody")).rejects.toMatchObject({
      name: "AppError",
    });
  });
});

describe("a free month", () => {
  const facts = customerFacts({ rewards: [reward(1)] });
  const charges = [{ service_id: id(11), charge_cents: 79_900, is_whole: true }];

  it("is due when there is one and the programme is on", () => {
    const offer = {
      usedFreeMonth: false,
      rewards: [reward(1)],
      charges,
      dearestInvoicedCents: 0,
      isCompletion: false,
      nextWholeMonthAt: () => new Date("2026-12-31T22:00:00Z"),
    };
    expect(calculator().shouldApplyFreeMonth(offer)).toMatchObject({
      apply: true,
      amount_waived_cents: 79_900,
    });
    expect(calculator(NOW, false).shouldApplyFreeMonth(offer)).toEqual({
      apply: false,
      reason: "rewards_disabled",
    });
    expect(calculator("2028-01-01T00:00:00Z").shouldApplyFreeMonth(offer)).toEqual({
      apply: false,
      reason: "no_reward",
    });
  });

  it("becomes part of the invoice, unless the programme is off", () => {
    const period = periodFromMonth("2026-12", "Africa/Johannesburg");
    const made = (on: boolean) =>
      calculator(NOW, on).applyFreeMonth(facts, period, billingSettings());
    expect(made(true)).toMatchObject([{ is_free_month: true, total_cents: 0 }]);
    expect(made(false)).toMatchObject([{ is_free_month: false, total_cents: 79_900 }]);
  });

  it("is worth the days of a partial month", () => {
    const period = { start: "2026-12-01", end: "2027-01-01" };
    expect(
      calculator().calculateProRata({ priceCents: 31_000, activatedOn: "2026-12-22", period }),
    ).toMatchObject({ charge_cents: 10_000, days: 10, is_partial: true });
  });
});

describe("expiry", () => {
  it("goes on until nothing is left, reminds once, and changes nothing when repeated", async () => {
    const { id: customer } = await newCustomer(own.sql);
    await calculator().expireOldRewards();
    const old = await pendingReward(own.sql, customer, { expiresAt: "2026-11-30T00:00:00Z" });
    await pendingReward(own.sql, customer, { expiresAt: "2026-12-20T00:00:00Z" });
    expect(await calculator().expireOldRewards()).toEqual({
      referrals_expired: 0,
      referrals_ended: 0,
      rewards_expired: 1,
      reminders: 1,
    });
    expect(await calculator().expireOldRewards()).toEqual({
      referrals_expired: 0,
      referrals_ended: 0,
      rewards_expired: 0,
      reminders: 0,
    });
    const [row] = await own.sql<{ status: string }[]>`
      select status from public.referral_rewards where id = ${old}`;
    expect(row?.status).toBe("expired");
    expect(await violations(own.sql)).toEqual([]);
  });

  it("waits for a database that is away for a moment", async () => {
    let tries = 0;
    const client = intercepted(own.client, async (_, call) => {
      tries += 1;
      return tries === 1 ? UNREACHABLE : call();
    });
    const waiting = new FreeMonthCalculator({
      client,
      clock: fixedClock(NOW),
      rewardsEnabled: true,
    });
    await waiting.expireOldRewards();
    expect(tries).toBeGreaterThan(1);
  });
});
