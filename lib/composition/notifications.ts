import "server-only";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { NotificationService } from "@/lib/notifications/delivery";
import { captureSender, resendSender } from "@/lib/notifications/senders";
import type { ServerClient } from "@/lib/supabase/clients";

/**
 * The delivery of mails as the environment configures it: through Resend with `RESEND_API_KEY`,
 * captured without it.
 *
 * @throws EnvironmentError when the environment is wrong.
 */
export function notificationService(client: ServerClient, clock: Clock): NotificationService {
  const env = getEnv();
  const sender = env.RESEND_API_KEY
    ? resendSender({
        apiKey: env.RESEND_API_KEY,
        baseUrl: env.RESEND_BASE_URL,
        from: env.EMAIL_FROM,
        clock: systemClock,
      })
    : captureSender();
  const settings = { siteUrl: env.SITE_URL, alertEmail: env.ALERT_EMAIL };
  return new NotificationService({ client, clock, sender, settings });
}
