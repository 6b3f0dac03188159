import "server-only";
import { after } from "next/server";
import { systemClock } from "@/lib/clock";
import { log } from "@/lib/log";
import { createNotificationService } from "@/lib/notifications/delivery";
import { createServiceClient } from "@/lib/supabase/clients";

async function deliverMails(): Promise<void> {
  try {
    await createNotificationService(createServiceClient(), systemClock).deliverDue();
  } catch (error) {
    log().warn({ err: error }, "mails stay queued for the notify job");
  }
}

/**
 * Delivers queued mails once the answer is on its way. Only a head start: the mails are safe in the
 * outbox, and the notify job sends whatever is left.
 */
export function deliverMailsAfterResponse(): void {
  after(deliverMails);
}

/**
 * Goes on with a job once the answer is on its way, then delivers the mails it owes. Only for work
 * that may end at any point and be taken up again: a server that stops cuts it short.
 *
 * @param failed what the log says when it fails.
 */
export function workAfterResponse(work: () => Promise<unknown>, failed: string): void {
  after(async () => {
    try {
      await work();
    } catch (error) {
      log().error({ err: error }, failed);
    }
    await deliverMails();
  });
}
