import { formatDate, lastDayBefore } from "@/lib/dates";
import type { NextInvoice, PendingReward } from "./schemas";

const REWARD_EXPLANATION_CODES = [
  "next_invoice",
  "after_others",
  "whole_month",
  "no_service",
  "paused",
] as const;

/** Where a free month is, and why. */
export interface RewardExplanation {
  code: (typeof REWARD_EXPLANATION_CODES)[number];
  text: string;
  /** First day of the month that it makes free, `YYYY-MM-DD`; null where nobody can know. */
  on: string | null;
  /** What would bring it, in one sentence; null where nothing is needed. */
  remedy: string | null;
}

export interface RewardContext {
  /** The invoice that comes next, as it would be issued now. */
  nextInvoice: NextInvoice | null;
  /** First day (`YYYY-MM-DD`) of the month whose invoice the first free month lowers; null: none does. */
  nextFreeMonth: string | null;
  hasActiveService: boolean;
  /** False: the kill switch is on. */
  rewardsEnabled: boolean;
  /** IANA zone in which dates are shown. */
  timeZone: string;
}

/**
 * Where each pending free month is, in the order in which they are used (see `PendingReward`): the first is
 * on the invoice of the month that the preview names; the others wait their turn, one month each.
 */
export function explainRewards(
  rewards: readonly PendingReward[],
  { nextInvoice, nextFreeMonth, hasActiveService, rewardsEnabled, timeZone }: RewardContext,
): RewardExplanation[] {
  const isUsed = nextInvoice !== null && nextInvoice.waived_cents > 0;
  return rewards.map((reward, index) => {
    const until = formatDate(lastDayBefore(reward.expires_at, timeZone), timeZone);
    if (!rewardsEnabled) {
      return {
        code: "paused",
        text: "It waits, because the referral programme is paused.",
        on: null,
        remedy: "It comes off an invoice when the programme continues, and does not expire before.",
      };
    }
    if (nextFreeMonth !== null && index > 0) {
      return {
        code: "after_others",
        text: "One free month comes off each invoice; this one follows.",
        on: null,
        remedy: null,
      };
    }
    if (nextFreeMonth !== null) {
      return isUsed
        ? {
            code: "next_invoice",
            text: "It comes off your next invoice.",
            on: nextFreeMonth,
            remedy: null,
          }
        : {
            code: "whole_month",
            text: `It comes off your next whole month, the one from ${formatDate(nextFreeMonth, "UTC")}.`,
            on: nextFreeMonth,
            remedy: null,
          };
    }
    return hasActiveService
      ? {
          code: "whole_month",
          text: "It waits for your next whole month.",
          on: null,
          remedy: null,
        }
      : {
          code: "no_service",
          text: `It waits for an active service, until ${until}.`,
          on: null,
          remedy: "It comes off the first whole month once your service is active.",
        };
  });
}
