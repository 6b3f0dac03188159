import "server-only";
import { setTimeout as delay } from "node:timers/promises";
import { after } from "next/server";
import { type Clock, systemClock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { VerdictService } from "@/lib/fraud/verdict-service";
import { log } from "@/lib/log";
import { createServerClient, type ServerClient } from "@/lib/supabase/clients";

/** Judges what was recorded before the fraud rules saw it. */
export function verdictService(server: ServerClient, clock: Clock): VerdictService {
  return new VerdictService({ client: server, clock, alertEmail: getEnv().ALERT_EMAIL });
}

/** Referrals that are recorded within this time are judged together. */
const COLLECT_MS = 1_000;

let waiting: Promise<void> | null = null;

async function judgeTogether(): Promise<void> {
  await delay(COLLECT_MS);
  // Whoever is recorded from here on may be missed by the read, and begins a round of their own.
  waiting = null;
  try {
    await verdictService(createServerClient(), systemClock).judgeDue();
  } catch (error) {
    log().warn({ err: error }, "recorded referrals wait for the qualify job to judge them");
  }
}

/**
 * Judges recorded referrals soon after the answer, those of many calls together. They are stored
 * with their evidence: the qualify job judges those that this does not reach, and until then they
 * earn nothing.
 */
export function judgeAfterResponse(): void {
  after(() => {
    waiting ??= judgeTogether();
    return waiting;
  });
}
