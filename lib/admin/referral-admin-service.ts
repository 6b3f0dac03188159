import type { Clock } from "@/lib/clock";
import { type ListPage, listArgs, type Page } from "@/lib/paging";
import type { ReferralStatus } from "@/lib/referrals/schemas";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { explainReferral } from "./explain-referral";
import {
  adminReferralPageSchema,
  adminReferralSchema,
  type ClaimStatus,
  claimPageSchema,
  explainablePageSchema,
} from "./referral-schemas";
import {
  claimSchema,
  reviewCaseSchema,
  reviewOverviewSchema,
  reviewQueueSchema,
} from "./review-schemas";

type ReferralQuery = ListPage & {
  q?: string;
  status?: ReferralStatus;
  flagged?: boolean;
  /** Days of the order in the billing time zone, `YYYY-MM-DD`, both included. */
  from?: string;
  to?: string;
  /** Only the friends of this customer; `q` then finds friends alone. */
  referrerId?: string;
};

const filterArgs = ({ q, status, flagged, from, to, referrerId, ...page }: ReferralQuery) => ({
  p_q: q,
  p_status: status,
  p_flagged: flagged,
  p_from: from,
  p_to: to,
  p_referrer_id: referrerId,
  ...listArgs(page),
});

/**
 * Referrals and the queue of those to review, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class ReferralAdminService {
  constructor(private readonly deps: { client: CallerClient; clock: Clock }) {}

  /** Referrals, newest first, without explanations: for exports. */
  exportReferrals(query: ReferralQuery) {
    return callRpc(
      this.deps.client,
      "admin_list_referrals",
      filterArgs(query),
      adminReferralPageSchema,
    );
  }

  /** Referrals, newest first, each with why it has not counted yet, as the referrer reads it. */
  async listReferrals(query: ReferralQuery) {
    const { time_zone, referrals, ...place } = await callRpc(
      this.deps.client,
      "admin_list_referrals",
      { ...filterArgs(query), p_with_facts: true },
      explainablePageSchema,
    );
    const now = this.deps.clock();
    return {
      referrals: referrals.map((referral) => explainReferral(referral, now, time_zone)),
      ...place,
    };
  }

  /** Claims of forgotten codes, newest first. `from` and `to` are days of the billing zone. */
  listClaims(query: ListPage & { status?: ClaimStatus; q?: string; from?: string; to?: string }) {
    return callRpc(
      this.deps.client,
      "admin_list_claims",
      {
        p_status: query.status,
        p_q: query.q,
        p_from: query.from,
        p_to: query.to,
        ...listArgs(query),
      },
      claimPageSchema,
    );
  }

  /**
   * Gives an expired or cancelled referral back, within the activation window after its end.
   *
   * @throws AppError `not_found`, `own_account`, `referral_not_ended`, `order_not_referable`,
   *   `activation_window_over`, `self_referral`, `duplicate_referral`, `referrer_not_eligible`,
   *   `referral_limit_reached`.
   */
  reinstate(referralId: string, reason: string) {
    return callRpc(
      this.deps.client,
      "reinstate_referral",
      { p_referral_id: referralId, p_reason: reason },
      adminReferralSchema,
    );
  }

  /**
   * Gives a pending referral until the end of a day, `YYYY-MM-DD` of the billing time zone.
   *
   * @throws AppError `not_found`, `own_account`, `referral_not_pending`, `invalid_request` for a day
   *   that is no later than the present one or more than a year ahead.
   */
  extend(referralId: string, until: string, reason: string) {
    return callRpc(
      this.deps.client,
      "extend_referral",
      { p_referral_id: referralId, p_until: until, p_reason: reason },
      adminReferralSchema,
    );
  }

  /** The caller's own case first, then holds, by score and then by age. */
  getReviewQueue(query: Page & { backward?: boolean }) {
    return callRpc(this.deps.client, "get_review_queue", listArgs(query), reviewQueueSchema);
  }

  /** Everything that is known about one case. @throws AppError `not_found`. */
  getReviewCase(referralId: string) {
    return callRpc(
      this.deps.client,
      "get_review_case",
      { p_referral_id: referralId },
      reviewCaseSchema,
    );
  }

  /**
   * Takes a case for ten minutes, unless a colleague has it. Answers who has it.
   *
   * @throws AppError `referral_not_reviewable`.
   */
  claimReview(referralId: string) {
    return callRpc(this.deps.client, "claim_review", { p_referral_id: referralId }, claimSchema);
  }

  /** The age of the queue, the precision of each signal, and the alerts of a week. */
  getReviewOverview() {
    return callRpc(this.deps.client, "get_review_overview", {}, reviewOverviewSchema);
  }
}
