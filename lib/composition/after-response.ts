import "server-only";
import { after } from "next/server";
import { systemClock } from "@/lib/clock";
import { log } from "@/lib/log";
import { createServerClient } from "@/lib/supabase/clients";
import { notificationService } from "./notifications";

/** What waits longer is left to the notify job. */
const BUDGET_MS = 10_000;

/** The bundles of Next.js load this file more than once in a process. */
const KEY = Symbol.for("referral-rewards.mail-round");
const shared = globalThis as { [KEY]?: { next: Promise<void> | null; current: Promise<void> } };

async function deliverRound(): Promise<void> {
  try {
    await notificationService(createServerClient(), systemClock).deliverDue({
      budgetMs: BUDGET_MS,
    });
  } catch (error) {
    log().warn({ err: error }, "mails stay queued for the notify job");
  }
}

/** One round at a time in a process: whoever comes during one shares the next. */
function deliverMails(): Promise<void> {
  shared[KEY] ??= { next: null, current: Promise.resolve() };
  const rounds = shared[KEY];
  rounds.next ??= rounds.current.then(() => {
    rounds.next = null;
    rounds.current = deliverRound();
    return rounds.current;
  });
  return rounds.next;
}

/**
 * Delivers queued mails once the answer is on its way. The mails are stored in the outbox: the
 * notify job sends those that this does not reach.
 */
export function deliverMailsAfterResponse(): void {
  after(deliverMails);
}

/**
 * Does work once the answer is on its way, then delivers the mails that it queued. Only for work that
 * may be interrupted at any point and resumed: a server that stops interrupts it.
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
