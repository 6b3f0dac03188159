import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import type { ProgramTerms } from "@/lib/programme/terms";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  assessReferral,
  type FraudEvidence,
  type FraudFlag,
  type FraudVerdict,
  isDuplicateReferral,
  isEligibleReferrer,
  isRateLimited,
  isSelfReferral,
  isSuspiciousIP,
} from "./fraud-rules";
import type { FraudSettings } from "./fraud-settings";
import { FRAUD_WINDOWS } from "./fraud-signals";
import { type OrderFacts, type PreparedOrder, preparedOrderSchema } from "./schemas";

/**
 * Judges referrals: gathers what the database knows in one read, and decides with the pure rules
 * of `fraud-rules`. The blocking rules are enforced once more in the transaction that records.
 */
export class FraudDetection {
  constructor(private readonly deps: { client: ServerClient; clock: Clock }) {}

  /** Gathers the evidence about an order. One round trip. @throws AppError */
  async gather(order: OrderFacts): Promise<PreparedOrder> {
    return callRpc(
      this.deps.client,
      "prepare_order",
      { p_order: { ...order, windows: FRAUD_WINDOWS }, p_as_of: this.deps.clock().toISOString() },
      preparedOrderSchema,
    );
  }

  /** The verdict on gathered evidence: blocked with its reason, or accepted with its signals. */
  assess(evidence: FraudEvidence, terms: ProgramTerms, settings?: FraudSettings): FraudVerdict {
    return assessReferral(evidence, terms, settings);
  }

  /** Same person: same normalised e-mail or same phone. Blocks. */
  isSelfReferral(evidence: FraudEvidence): boolean {
    return isSelfReferral(evidence);
  }

  /** Already a customer, or referred before by anyone. Blocks. */
  isDuplicateReferral(evidence: FraudEvidence): boolean {
    return isDuplicateReferral(evidence);
  }

  /** The referrer's monthly limit is reached. Blocks. */
  isRateLimited(evidence: FraudEvidence, terms: ProgramTerms): boolean {
    return isRateLimited(evidence, terms);
  }

  /** The referrer has an active service and no overdue invoice. */
  isEligibleReferrer(evidence: FraudEvidence): boolean {
    return isEligibleReferrer(evidence);
  }

  /** An address shared with the referrer or with two of their referrals. Only ever a low signal. */
  isSuspiciousIP(evidence: FraudEvidence): boolean {
    return isSuspiciousIP(evidence);
  }

  /**
   * The signals that a reviewer has to look at, strongest first. They are stored with the referral
   * in the transaction that records it.
   *
   * @throws AppError `invalid_request` for evidence that blocks: there is no referral to review.
   */
  flagForReview(
    evidence: FraudEvidence,
    terms: ProgramTerms,
    settings?: FraudSettings,
  ): FraudFlag[] {
    const verdict = this.assess(evidence, terms, settings);
    if (verdict.verdict === "blocked") {
      throw new AppError("invalid_request", {
        message: `This referral is blocked: ${verdict.reason}.`,
      });
    }
    return [...verdict.flags].sort((a, b) => b.weight - a.weight);
  }
}
