import type { Clock } from "@/lib/clock";
import { formatDateTime } from "@/lib/dates";
import { AppError } from "@/lib/errors";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type AppealDecision,
  type DecidedReview,
  decidedAppealSchema,
  decidedReviewSchema,
  type ReviewDecision,
  reviewConflictSchema,
  undoneReviewSchema,
} from "./review-schemas";

export interface ReviewServiceDeps {
  server: ServerClient;
  clock: Clock;
  /** False: the kill switch is on, and a decision grants nothing. */
  rewardsEnabled: boolean;
}

const CONFLICTS: ReadonlySet<string> = new Set(["referral_not_reviewable", "review_claimed"]);

/**
 * Decisions of reviewers. The server carries them out, because the caller must not choose whether
 * free months are granted; the database checks the reviewer's permission and audits as them.
 */
export class ReviewService {
  constructor(private readonly deps: ReviewServiceDeps) {}

  /**
   * Clears or rejects a flagged referral. Clearing also grants the free months that the referrer has
   * earned with it. All of it is one transaction. Mails wait for a minute, in which `undo` works.
   *
   * @param reviewer auth user id of the admin who decides.
   * @param caller the reviewer's client; a conflict names who decided or looks at the case.
   * @throws AppError `forbidden`, `own_account`, `not_found`, `referral_not_reviewable`,
   *   `review_claimed`, `referral_already_rewarded`.
   */
  decide(
    reviewer: string,
    referralId: string,
    decision: ReviewDecision,
    reason: string,
    caller?: CallerClient,
  ): Promise<DecidedReview> {
    const { server, clock, rewardsEnabled } = this.deps;
    const decided = callRpc(
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
    return decided.catch((error) => this.refuse(error, referralId, caller));
  }

  /** Throws the error; a conflict with the name of whoever caused it. */
  private async refuse(error: unknown, referralId: string, caller?: CallerClient): Promise<never> {
    if (caller && error instanceof AppError && CONFLICTS.has(error.code)) {
      throw await this.named(error, referralId, caller);
    }
    throw error;
  }

  /** The same refusal, with who has the case or what was decided by whom and when. */
  private async named(error: AppError, referralId: string, caller: CallerClient) {
    const { claim, decision, appeal, time_zone } = await callRpc(
      caller,
      "get_review_conflict",
      { p_referral_id: referralId },
      reviewConflictSchema,
    );
    if (error.code === "review_claimed" && claim) {
      const until = formatDateTime(claim.expires_at, time_zone);
      const message = `${claim.reviewer_name ?? "A colleague"} is looking at this case, until ${until} at the latest.`;
      return new AppError(error.code, { message, cause: error });
    }
    if (error.code === "referral_not_reviewable" && appeal?.decided_at) {
      const at = formatDateTime(appeal.decided_at, time_zone);
      const message = `${appeal.decided_by_name ?? "A colleague"} decided the appeal on ${at}.`;
      return new AppError(error.code, { message, cause: error });
    }
    if (error.code === "referral_not_reviewable" && decision) {
      const done = decision.decision === "clear" ? "cleared" : "rejected";
      const at = formatDateTime(decision.decided_at, time_zone);
      const message = `${decision.decided_by_name ?? "A colleague"} ${done} this referral on ${at}.`;
      return new AppError(error.code, { message, cause: error });
    }
    return error;
  }

  /**
   * Takes the own decision back, within a minute.
   *
   * @throws AppError `forbidden`, `not_found`, `undo_too_late`, `reward_not_pending` when a free
   *   month that the decision granted was used already, `duplicate_referral`.
   */
  undo(reviewer: string, referralId: string) {
    const { server, clock } = this.deps;
    return callRpc(
      server,
      "undo_review",
      { p_actor: reviewer, p_referral_id: referralId, p_as_of: clock().toISOString() },
      undoneReviewSchema,
    );
  }

  /**
   * Decides an appeal. Upholding gives the referral back, and grants what is due with it.
   *
   * @throws AppError `forbidden`, `own_account`, `not_found`, `referral_not_reviewable`,
   *   `second_reviewer_needed`, `review_claimed`, `duplicate_referral`.
   */
  decideAppeal(
    reviewer: string,
    referralId: string,
    decision: AppealDecision,
    reason: string,
    caller?: CallerClient,
  ) {
    const { server, clock, rewardsEnabled } = this.deps;
    const decided = callRpc(
      server,
      "decide_appeal",
      {
        p_actor: reviewer,
        p_referral_id: referralId,
        p_decision: decision,
        p_reason: reason,
        p_grant: rewardsEnabled,
        p_as_of: clock().toISOString(),
      },
      decidedAppealSchema,
    );
    return decided.catch((error) => this.refuse(error, referralId, caller));
  }
}
