import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { displayName } from "@/lib/identity/names";
import { findReferralCode } from "@/lib/referrals/referral-code";
import type { ShareChannel } from "@/lib/referrals/share-channel";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

const visitSchema = z.discriminatedUnion("valid", [
  z.object({
    valid: z.literal(true),
    code: z.string(),
    referrer_first_name: z.string().transform(displayName),
    attribution_days: z.number().int(),
  }),
  /** `is_own`: it is the code of the person who is signed in. */
  z.object({ valid: z.literal(false), is_own: z.boolean().optional() }),
]);
export type Visit = z.infer<typeof visitSchema>;

/** Arrivals through referral links. */
export class VisitService {
  constructor(
    private readonly deps: { server: ServerClient; clock: Clock; rewardsEnabled: boolean },
  ) {}

  /**
   * Validates the code of a link, and records the arrival if it counts. Arrivals of the code's own
   * owner never do. One round trip; none when it cannot be a code.
   */
  async recordVisit(visit: {
    code: string;
    /** False: a bot, a link that was opened before, or more arrivals than are counted. */
    counts: boolean;
    /** Who is signed in; null for nobody. */
    userId: string | null;
    visitorId: string;
    landingPath: string;
    /** How the link was sent, as it says itself. */
    via?: ShareChannel | null;
    ipAddress: string | null;
    userAgent: string | null;
  }): Promise<Visit> {
    const code = findReferralCode(visit.code);
    if (!code || !this.deps.rewardsEnabled) return { valid: false };
    return callRpc(
      this.deps.server,
      "record_visit",
      {
        p_code: code,
        p_visitor_id: visit.visitorId,
        p_landing_path: visit.landingPath.slice(0, 300),
        p_ip_address: visit.ipAddress,
        p_user_agent: visit.userAgent ?? "",
        p_as_of: this.deps.clock().toISOString(),
        p_auth_user_id: visit.userId ?? undefined,
        p_counts: visit.counts,
        p_via: visit.via ?? undefined,
      },
      visitSchema,
    );
  }
}
