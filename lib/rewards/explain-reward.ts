import { lastDayBefore } from "@/lib/dates";
import { dateIn } from "@/lib/language/dates";
import type { Texts } from "@/lib/language/translator";
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
  t: Texts<"explain">,
): RewardExplanation[] {
  const isUsed = nextInvoice !== null && nextInvoice.waived_cents > 0;
  return rewards.map((reward, index) => {
    const until = dateIn(t, lastDayBefore(reward.expires_at, timeZone), timeZone);
    if (!rewardsEnabled) {
      return {
        code: "paused",
        text: t("reward.paused"),
        on: null,
        remedy: t("reward.pausedRemedy"),
      };
    }
    if (nextFreeMonth !== null && index > 0) {
      return {
        code: "after_others",
        text: t("reward.afterOthers"),
        on: null,
        remedy: null,
      };
    }
    if (nextFreeMonth !== null) {
      return isUsed
        ? {
            code: "next_invoice",
            text: t("reward.nextInvoice"),
            on: nextFreeMonth,
            remedy: null,
          }
        : {
            code: "whole_month",
            text: t("reward.wholeMonthFrom", { date: dateIn(t, nextFreeMonth, "UTC") }),
            on: nextFreeMonth,
            remedy: null,
          };
    }
    return hasActiveService
      ? {
          code: "whole_month",
          text: t("reward.wholeMonth"),
          on: null,
          remedy: null,
        }
      : {
          code: "no_service",
          text: t("reward.noService", { date: until }),
          on: null,
          remedy: t("reward.noServiceRemedy"),
        };
  });
}
