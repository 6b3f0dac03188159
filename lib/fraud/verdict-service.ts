import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { programTermsSchema } from "@/lib/programme/terms";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { assessReferral, type FraudFlag, fraudEvidenceSchema } from "./fraud-rules";
import { type FraudSettings, fraudSettingsVersionSchema } from "./fraud-settings";

const unjudgedSchema = z.object({
  fraud_settings: fraudSettingsVersionSchema,
  referrals: z.array(
    z.object({
      order_id: z.guid(),
      evidence: fraudEvidenceSchema,
      terms: programTermsSchema,
    }),
  ),
});
type Unjudged = z.infer<typeof unjudgedSchema>["referrals"][number];

/** Referrals that are judged and saved with one call each way. */
const BATCH = 100;

/** What the rules say of a referral that the database has recorded already. */
function verdictOn({ order_id, evidence, terms }: Unjudged, settings: FraudSettings) {
  const verdict = assessReferral(evidence, terms, settings);
  if (verdict.verdict === "accepted") {
    return { order_id, flags: verdict.flags, alert: verdict.alert };
  }
  // The transaction let pass what the rules block. A person decides; it earns nothing until then.
  const held: FraudFlag = {
    signal: "similar_email",
    severity: "hold",
    weight: settings.signals.similar_email.weight,
    evidence: { email: evidence.referred.email, like_referrer: true, blocked_by: verdict.reason },
  };
  return { order_id, flags: [held], alert: false };
}

/**
 * Judges referrals that were recorded before the fraud rules saw them: those of another system, which
 * gets its answer first. The evidence was gathered and stored when they were recorded.
 */
export class VerdictService {
  constructor(private readonly deps: { client: ServerClient; clock: Clock; alertEmail: string }) {}

  /**
   * Judges all that wait. A referral that another server judges at the same time is saved once.
   *
   * @returns how many verdicts were saved.
   * @throws AppError `unavailable` or `internal`; what was saved stays.
   */
  async judgeDue(): Promise<number> {
    const { client, clock, alertEmail } = this.deps;
    let saved = 0;
    for (;;) {
      const { fraud_settings, referrals } = await callRpc(
        client,
        "list_unjudged_referrals",
        { p_limit: BATCH },
        unjudgedSchema,
      );
      if (referrals.length === 0) return saved;
      saved += await callRpc(
        client,
        "save_referral_verdicts",
        {
          p_verdicts: referrals.map((referral) => verdictOn(referral, fraud_settings)),
          p_settings_version: fraud_settings.version,
          p_alert_email: alertEmail,
          p_as_of: clock().toISOString(),
        },
        z.number().int(),
      );
      if (referrals.length < BATCH) return saved;
    }
  }
}
