import "server-only";
import type { Clock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { VisitService } from "@/lib/orders/visit-service";
import type { ServerClient } from "@/lib/supabase/clients";

/** Records arrivals through referral links. Apart from `services`, so that the proxy loads little. */
export function visitService(server: ServerClient, clock: Clock): VisitService {
  return new VisitService({ server, clock, rewardsEnabled: getEnv().ENABLE_REFERRAL_REWARDS });
}
