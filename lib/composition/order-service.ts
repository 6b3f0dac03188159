import "server-only";
import { OrderAccountService } from "@/lib/access/order-account-service";
import type { Clock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import { OrderService } from "@/lib/orders/order-service";
import type { AuthClient, ServerClient } from "@/lib/supabase/clients";
import { serverServices } from "./services";

/**
 * Places orders; `auth` keeps the session of the new customer. Apart from `services`, because the
 * fraud rules load a long list of mail providers.
 */
export function orderService(server: ServerClient, auth: AuthClient, clock: Clock) {
  return new OrderService({
    fraud: new FraudDetection({ client: server, clock }),
    referrals: serverServices(server, clock).referrals,
    accounts: new OrderAccountService({ auth, server }),
    alertEmail: getEnv().ALERT_EMAIL,
  });
}
