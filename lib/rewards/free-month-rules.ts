import { byCodeUnits } from "@/lib/invoicing/charge";
import type { Cents } from "@/lib/money";
import type { AvailableReward } from "./schemas";

/** A charge of the cycle that a free month could go to. */
export interface CandidateCharge {
  service_id: string;
  /** Charge of the cycle in cents including VAT, after pro-rating. */
  charge_cents: Cents;
  /** The last charge of a service that has ended: no free month is used up on it. */
  is_final?: boolean;
}

export type FreeMonthDecision<R extends AvailableReward = AvailableReward> =
  | { apply: true; reward: R; service_id: string; amount_waived_cents: Cents }
  | {
      apply: false;
      reason: "rewards_disabled" | "already_used_this_cycle" | "no_reward" | "nothing_to_waive";
    };

/** Whether a reward may still be applied to an invoice issued at `asOf`. */
export function isUsable(reward: Pick<AvailableReward, "expires_at">, asOf: Date): boolean {
  return Date.parse(reward.expires_at) > asOf.getTime();
}

/**
 * The reward to use: the one that expires first, then the oldest, then the lowest id, so that a
 * replay chooses the same. Null when none is usable at `asOf`.
 */
export function chooseReward<R extends AvailableReward>(
  rewards: readonly R[],
  asOf: Date,
): R | null {
  const [first] = rewards
    .filter((reward) => isUsable(reward, asOf))
    .sort(
      (a, b) =>
        Date.parse(a.expires_at) - Date.parse(b.expires_at) ||
        Date.parse(a.created_at) - Date.parse(b.created_at) ||
        byCodeUnits(a.id, b.id),
    );
  return first ?? null;
}

/**
 * The most expensive charge of the cycle among services that go on; among equals the lowest service id.
 * Null without one.
 */
export function chooseCharge<C extends CandidateCharge>(charges: readonly C[]): C | null {
  const [first] = charges
    .filter((charge) => !charge.is_final)
    .sort((a, b) => b.charge_cents - a.charge_cents || byCodeUnits(a.service_id, b.service_id));
  return first ?? null;
}

/** What a free month takes off a charge, in cents: all of it, or up to the cap. */
export function waivedCents(chargeCents: Cents, capCents: Cents | null): Cents {
  return capCents === null ? chargeCents : Math.min(chargeCents, capCents);
}

/**
 * Whether one customer's cycle gets a free month, which reward it uses and on which charge it
 * goes: at most one per customer and cycle, to the most expensive charge of a service that goes
 * on, and never spent on a charge of nothing.
 */
export function shouldApplyFreeMonth<R extends AvailableReward>(facts: {
  rewardsEnabled: boolean;
  usedFreeMonth: boolean;
  rewards: readonly R[];
  charges: readonly CandidateCharge[];
  asOf: Date;
}): FreeMonthDecision<R> {
  if (!facts.rewardsEnabled) return { apply: false, reason: "rewards_disabled" };
  if (facts.usedFreeMonth) return { apply: false, reason: "already_used_this_cycle" };
  const reward = chooseReward(facts.rewards, facts.asOf);
  if (reward === null) return { apply: false, reason: "no_reward" };
  const charge = chooseCharge(facts.charges);
  if (charge === null || charge.charge_cents <= 0) {
    return { apply: false, reason: "nothing_to_waive" };
  }
  return {
    apply: true,
    reward,
    service_id: charge.service_id,
    amount_waived_cents: waivedCents(charge.charge_cents, reward.cap_cents),
  };
}
