import "server-only";
import { after } from "next/server";
import { systemClock } from "@/lib/clock";
import { log } from "@/lib/log";
import { createNotificationService } from "@/lib/notifications/delivery";
import { createServiceClient } from "@/lib/supabase/clients";

/**
 * Delivers queued mails once the answer is on its way. Only a head start: the mails are safe in the
 * outbox, and the notify job sends whatever is left.
 */
export function deliverMailsAfterResponse(): void {
  after(async () => {
    try {
      await createNotificationService(createServiceClient(), systemClock).deliverDue();
    } catch (error) {
      log().warn({ err: error }, "mails stay queued for the notify job");
    }
  });
}
