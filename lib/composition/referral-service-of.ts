import "server-only";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { ReferralService } from "@/lib/referrals/referral-service";
import type { Supabase } from "@/lib/supabase/clients";

/** The referral service of this deployment, with the rights of the given client. */
export function referralServiceOf(client: Supabase, clock: Clock = systemClock): ReferralService {
  const env = getEnv();
  return new ReferralService({
    client,
    clock,
    siteUrl: env.SITE_URL,
    rewardsEnabled: env.ENABLE_REFERRAL_REWARDS,
  });
}
