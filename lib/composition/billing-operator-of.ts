import "server-only";
import { BillingOperator } from "@/lib/billing/billing-admin-service";
import { CompliantBillingService } from "@/lib/billing/compliant-billing-service";
import type { Clock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { log } from "@/lib/log";
import type { Supabase } from "@/lib/supabase/clients";

/** What this deployment's billing lets an admin do. `client` has the admin's own rights. */
export function billingOperatorOf(client: Supabase, server: Supabase, clock: Clock) {
  const env = getEnv();
  const billing = new CompliantBillingService({
    client: server,
    clock,
    rewardsEnabled: env.ENABLE_REFERRAL_REWARDS,
    alertEmail: env.ALERT_EMAIL,
    log: log(),
  });
  return new BillingOperator({ client, server, billing, clock });
}
