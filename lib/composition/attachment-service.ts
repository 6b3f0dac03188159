import "server-only";
import { AttachmentService } from "@/lib/admin/attachment-service";
import type { Clock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { FraudDetection } from "@/lib/fraud/fraud-detection";
import type { ServerClient } from "@/lib/supabase/clients";

/**
 * Attaches forgotten codes. Apart from `services`, because the fraud rules load a long list of mail
 * providers.
 */
export function attachmentService(server: ServerClient, clock: Clock) {
  const env = getEnv();
  return new AttachmentService({
    server,
    clock,
    fraud: new FraudDetection({ client: server, clock }),
    alertEmail: env.ALERT_EMAIL,
    rewardsEnabled: env.ENABLE_REFERRAL_REWARDS,
  });
}
