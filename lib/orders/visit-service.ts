import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { normaliseReferralCode } from "@/lib/referrals/referral-code";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";

const visitSchema = z.discriminatedUnion("valid", [
  z.object({
    valid: z.literal(true),
    code: z.string(),
    referrer_first_name: z.string(),
    attribution_days: z.number().int(),
  }),
  z.object({ valid: z.literal(false) }),
]);
export type Visit = z.infer<typeof visitSchema>;

/** Arrivals through referral links. */
export class VisitService {
  constructor(
    private readonly deps: { server: ServerClient; clock: Clock; rewardsEnabled: boolean },
  ) {}

  /** Validates the code of a link and records the arrival. One round trip; none when it cannot be a code. */
  async recordVisit(visit: {
    code: string;
    visitorId: string;
    landingPath: string;
    ipAddress: string | null;
    userAgent: string | null;
  }): Promise<Visit> {
    const code = normaliseReferralCode(visit.code);
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
      },
      visitSchema,
    );
  }
}
