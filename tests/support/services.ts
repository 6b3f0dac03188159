import { OrderAccountService } from "@/lib/access/order-account-service";
import type { Clock } from "@/lib/clock";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import { OrderService } from "@/lib/orders/order-service";
import { ReferralService } from "@/lib/referrals/referral-service";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";

const SITE_URL = "https://fibre.example";

/** The order service, wired like the product's, with a clock and switches of the test's choice. */
export function orderServiceWith(deps: {
  server: ServerClient;
  caller: CallerClient;
  clock: Clock;
  rewardsEnabled: boolean;
  alertEmail: string;
}): OrderService {
  const { server: client, caller, clock, rewardsEnabled, alertEmail } = deps;
  return new OrderService({
    fraud: new FraudDetection({ client, clock }),
    referrals: new ReferralService({ client, clock, rewardsEnabled, siteUrl: SITE_URL }),
    accounts: new OrderAccountService({ auth: caller.auth, server: client }),
    alertEmail,
  });
}
