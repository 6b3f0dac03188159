import type { Clock } from "@/lib/clock";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { type DecidedReview, decidedReviewSchema, type ReviewDecision } from "./referral-schemas";

export interface ReviewServiceDeps {
  server: ServerClient;
  clock: Clock;
  /** False: the kill switch is on, and a decision grants nothing. */
  rewardsEnabled: boolean;
}

/**
 * Decisions of reviewers. The server carries them out, because the caller must not choose whether
 * free months are granted; the database checks the reviewer's permission and audits as them.
 */
export class ReviewService {
  constructor(private readonly deps: ReviewServiceDeps) {}

  /**
   * Clears or rejects a flagged referral. Clearing also grants the free months that the referrer has
   * earned with it. All of it is one transaction.
   *
   * @param reviewer auth user id of the admin who decides.
   * @throws AppError `forbidden`, `own_account`, `not_found`, `referral_not_reviewable`,
   *   `referral_already_rewarded`.
   */
  decide(
    reviewer: string,
    referralId: string,
    decision: ReviewDecision,
    reason: string,
  ): Promise<DecidedReview> {
    const { server, clock, rewardsEnabled } = this.deps;
    return callRpc(
      server,
      "decide_review",
      {
        p_actor: reviewer,
        p_referral_id: referralId,
        p_decision: decision,
        p_reason: reason,
        p_grant: rewardsEnabled,
        p_as_of: clock().toISOString(),
      },
      decidedReviewSchema,
    );
  }
}
