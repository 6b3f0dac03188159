import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import type { FraudDetection } from "@/lib/fraud/fraud-detection";
import { type FraudVerdict, fraudEvidenceSchema } from "@/lib/fraud/fraud-rules";
import { fraudSettingsVersionSchema } from "@/lib/fraud/fraud-settings";
import { type BlockReason, FRAUD_WINDOWS, severitySchema } from "@/lib/fraud/fraud-signals";
import { programTermsSchema } from "@/lib/programme/terms";
import { findReferralCode } from "@/lib/referrals/referral-code";
import { referralStatusSchema } from "@/lib/referrals/schemas";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

export interface AttachmentServiceDeps {
  server: ServerClient;
  fraud: FraudDetection;
  clock: Clock;
  alertEmail: string;
  /** False: the kill switch is on, and no referral is recorded. */
  rewardsEnabled: boolean;
}

const preparedSchema = z.object({
  terms: programTermsSchema,
  /** Null where the customer has no order or nobody has the code. */
  evidence: fraudEvidenceSchema.nullable(),
  fraud_settings: fraudSettingsVersionSchema,
});

const attachedSchema = z.object({
  referral_id: z.guid(),
  status: referralStatusSchema,
  flags: z.array(z.object({ signal: z.string(), severity: severitySchema })),
});
export type AttachedReferral = z.infer<typeof attachedSchema>;

const claimSchema = z.object({ customer_id: z.guid(), referral_code: z.string() });
const decidedClaimSchema = z.object({
  claim_id: z.guid(),
  status: z.enum(["accepted", "rejected"]),
  referral_id: z.guid().optional(),
});
export type DecidedClaim = z.infer<typeof decidedClaimSchema>;

/** The rule of an order, as the error of an admin who acts against it. */
const RULES = {
  self_referral: "self_referral",
  duplicate_referral: "duplicate_referral",
  referrer_not_eligible: "referrer_not_eligible",
  rate_limited: "referral_limit_reached",
} as const satisfies Record<BlockReason, string>;

/** How often a customer is judged again because another friend of the referrer ordered meanwhile. */
const ASSESSMENT_ROUNDS = 5;

interface Assessed {
  assessment: FraudVerdict | null;
  basis: number | null;
}

/**
 * Codes that were forgotten when ordering. The fraud rules judge them as of the customer's first
 * order; the database checks the permission of the admin, and every rule again, where it records.
 */
export class AttachmentService {
  constructor(private readonly deps: AttachmentServiceDeps) {}

  /**
   * Attaches a code to a customer who forgot it. Both sides get a mail.
   *
   * @param actor auth user id of the admin.
   * @throws AppError `forbidden`, `not_found`, `own_account`, `referral_code_unknown`,
   *   `order_not_referable`, `activation_window_over`, `self_referral`, `duplicate_referral`,
   *   `referrer_not_eligible`, `referral_limit_reached`, `program_paused`.
   */
  async attach(
    actor: string,
    customerId: string,
    typedCode: string,
    reason: string,
  ): Promise<AttachedReferral> {
    const code = findReferralCode(typedCode);
    if (code === null) throw new AppError("referral_code_unknown");
    return this.judged(actor, customerId, code, ({ assessment, basis }) =>
      callRpc(
        this.deps.server,
        "attach_referral",
        {
          p_actor: actor,
          p_customer_id: customerId,
          p_code: code,
          p_reason: reason,
          p_assessment: assessment,
          p_basis: basis ?? 0,
          p_alert_email: this.deps.alertEmail,
          p_as_of: this.deps.clock().toISOString(),
        },
        attachedSchema,
      ),
    );
  }

  /**
   * Accepts a claim that the referrer confirmed, which attaches the code, or rejects a claim.
   *
   * @param actor auth user id of the admin.
   * @throws AppError `forbidden`, `not_found`, `own_account`, `claim_decided`,
   *   `claim_not_confirmed`; for an accepted one also what `attach` throws.
   */
  async decideClaim(
    actor: string,
    claimId: string,
    accept: boolean,
    reason: string,
  ): Promise<DecidedClaim> {
    const { server, alertEmail, clock } = this.deps;
    const decide = ({ assessment, basis }: Assessed) =>
      callRpc(
        server,
        "decide_claim",
        {
          p_actor: actor,
          p_claim_id: claimId,
          p_accept: accept,
          p_reason: reason,
          p_assessment: assessment,
          p_basis: basis ?? 0,
          p_alert_email: alertEmail,
          p_as_of: clock().toISOString(),
        },
        decidedClaimSchema,
      );
    if (!accept) return decide({ assessment: null, basis: null });
    const claim = await callRpc(
      server,
      "get_claim",
      { p_actor: actor, p_claim_id: claimId },
      claimSchema,
    );
    return this.judged(actor, claim.customer_id, claim.referral_code, decide);
  }

  /** Judges the code, and again when another friend of the referrer came in between. */
  private async judged<T>(
    actor: string,
    customerId: string,
    code: string,
    write: (assessed: Assessed) => Promise<T>,
  ): Promise<T> {
    for (let round = 1; ; round += 1) {
      const assessed = await this.assess(actor, customerId, code);
      try {
        return await write(assessed);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "assessment_stale") throw error;
        if (round >= ASSESSMENT_ROUNDS) throw new AppError("unavailable", { cause: error });
      }
    }
  }

  private async assess(actor: string, customerId: string, code: string): Promise<Assessed> {
    const { server, fraud, clock, rewardsEnabled } = this.deps;
    const { terms, evidence, fraud_settings } = await callRpc(
      server,
      "prepare_attachment",
      {
        p_actor: actor,
        p_customer_id: customerId,
        p_code: code,
        p_windows: FRAUD_WINDOWS,
        p_as_of: clock().toISOString(),
      },
      preparedSchema,
    );
    if (!rewardsEnabled) throw new AppError("program_paused");
    if (evidence === null) return { assessment: null, basis: null };
    const assessment = fraud.assess(evidence, terms, fraud_settings);
    if (assessment.verdict === "blocked") throw new AppError(RULES[assessment.reason]);
    return { assessment, basis: evidence.counts.total };
  }
}
