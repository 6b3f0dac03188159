import { byCodeUnits } from "@/lib/invoicing/charge";
import type { Cents } from "@/lib/money";
import type { AvailableReward } from "./schemas";

/** A charge of the cycle that a free month could go to. */
export interface CandidateCharge {
  service_id: string;
  /** Charge of the cycle in cents including VAT, after pro-rating. */
  charge_cents: Cents;
  /** Every day of the cycle is charged. */
  is_whole: boolean;
}

export type FreeMonthDecision<R extends AvailableReward = AvailableReward> =
  | { apply: true; reward: R; service_id: string; amount_waived_cents: Cents }
  | {
      apply: false;
      reason:
        | "rewards_disabled"
        | "already_used_this_cycle"
        | "no_reward"
        | "nothing_to_waive"
        | "waits_for_whole_month";
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

/** The most expensive charge; among equals the lowest service id. Null when none is above 0. */
export function chooseCharge<C extends CandidateCharge>(charges: readonly C[]): C | null {
  const [first] = charges
    .filter((charge) => charge.charge_cents > 0)
    .sort((a, b) => b.charge_cents - a.charge_cents || byCodeUnits(a.service_id, b.service_id));
  return first ?? null;
}

/** What a free month takes off a charge, in cents: all of it, or up to the cap. */
export function waivedCents(chargeCents: Cents, capCents: Cents | null): Cents {
  return capCents === null ? chargeCents : Math.min(chargeCents, capCents);
}

/** What decides about the free month of one customer in one cycle. Amounts include VAT. */
export interface FreeMonthFacts<R extends AvailableReward = AvailableReward> {
  rewardsEnabled: boolean;
  /** The customer has a free month in this cycle already. */
  usedFreeMonth: boolean;
  rewards: readonly R[];
  /** The charges of the cycle that are not invoiced yet. */
  charges: readonly CandidateCharge[];
  /** The dearest whole month of the cycle that is invoiced already; 0 for none. */
  dearestInvoicedCents: Cents;
  /** When the invoices are issued. */
  asOf: Date;
  /** The cycle is over at `asOf`: what is billed now completes it. */
  isCompletion: boolean;
  /** When the next whole month of the customer could be billed at the earliest, after this cycle. */
  nextWholeMonthAt: () => Date;
}

/**
 * Whether one customer's cycle gets a free month, which reward it uses and on which charge it
 * goes. A free month is worth a month: it goes to the most expensive whole-month charge of the
 * cycle, and waits when that one is invoiced already. A part of a month and the completion of an
 * earlier one take it only if it would expire before the next whole month could.
 */
export function shouldApplyFreeMonth<R extends AvailableReward>(
  facts: FreeMonthFacts<R>,
): FreeMonthDecision<R> {
  if (!facts.rewardsEnabled) return { apply: false, reason: "rewards_disabled" };
  if (facts.usedFreeMonth) return { apply: false, reason: "already_used_this_cycle" };
  const reward = chooseReward(facts.rewards, facts.asOf);
  if (reward === null) return { apply: false, reason: "no_reward" };
  const dearest = chooseCharge(facts.charges);
  if (dearest === null) return { apply: false, reason: "nothing_to_waive" };
  const month = facts.isCompletion
    ? null
    : chooseCharge(facts.charges.filter((charge) => charge.is_whole));
  const isDearest = month !== null && month.charge_cents >= facts.dearestInvoicedCents;
  if (!isDearest && isUsable(reward, facts.nextWholeMonthAt())) {
    return { apply: false, reason: "waits_for_whole_month" };
  }
  const charge = isDearest ? month : dearest;
  return {
    apply: true,
    reward,
    service_id: charge.service_id,
    amount_waived_cents: waivedCents(charge.charge_cents, reward.cap_cents),
  };
}
