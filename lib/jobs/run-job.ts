import "server-only";
import { z } from "zod";
import { CompliantBillingService } from "@/lib/billing/compliant-billing-service";
import type { BillingProgress, BillingSummary } from "@/lib/billing/schemas";
import type { Clock } from "@/lib/clock";
import { getEnv } from "@/lib/env";
import { log } from "@/lib/log";
import type { DeliveryCounts } from "@/lib/notifications/delivery";
import { type ExpirySummary, FreeMonthCalculator } from "@/lib/rewards/free-month-calculator";
import type { Supabase } from "@/lib/supabase/clients";
import { patiently } from "@/lib/supabase/patiently";
import { callRpc } from "@/lib/supabase/rpc";

/** What every job needs. The kill switch and the alert address come from the environment. */
export interface JobContext {
  /** With the secret key. */
  client: Supabase;
  /** The clock of this run. */
  clock: Clock;
}

export interface BillingJobOptions {
  /** `YYYY-MM`; the cycle that contains the clock's now when left out. */
  period?: string;
  dryRun?: boolean;
  workers?: number;
  batchSize?: number;
  trigger?: "job" | "cron";
  /** Bills a cycle that has not begun or is over: why. */
  forceReason?: string;
  /** The same key and cycle: the same run. */
  idempotencyKey?: string;
  onProgress?: (progress: BillingProgress) => void;
  signal?: AbortSignal;
}

/**
 * Bills a cycle. Amounts in cents. On the schedule (`trigger` cron) the month that has just ended is
 * completed first; what goes wrong with it stands among the errors, all else is of the cycle.
 * @throws AppError as `CompliantBillingService.runCycle` does
 */
export async function runBillingJob(
  { client, clock }: JobContext,
  options: BillingJobOptions = {},
): Promise<BillingSummary> {
  const env = getEnv();
  const service = new CompliantBillingService({
    client,
    clock,
    rewardsEnabled: env.ENABLE_REFERRAL_REWARDS,
    alertEmail: env.ALERT_EMAIL,
    log: log(),
  });
  const earlier = options.trigger === "cron" ? await service.completeLastCycle() : [];
  const summary = await service.runCycle(options);
  return { ...summary, errors: [...earlier, ...summary.errors] };
}

const qualifiedPageSchema = z.object({
  qualified: z.number().int().min(0),
  rewards_granted: z.number().int().min(0),
  next_after: z.guid().nullable(),
});

export interface QualifySummary {
  qualified: number;
  rewards_granted: number;
}

/**
 * Counts the friends whose qualifying days are over and grants what their referrers have earned,
 * page by page, each its own transaction. With the kill switch on, friends are counted and
 * nothing is granted; that is made up for by the first run after it.
 * @throws AppError `unavailable`, `forbidden` or `internal`; what was committed stays.
 */
export async function runQualifyJob({ client, clock }: JobContext): Promise<QualifySummary> {
  const asOf = clock().toISOString();
  const grant = getEnv().ENABLE_REFERRAL_REWARDS;
  const sum: QualifySummary = { qualified: 0, rewards_granted: 0 };
  let after: string | null = null;
  do {
    const page: z.infer<typeof qualifiedPageSchema> = await patiently(() =>
      callRpc(
        client,
        "qualify_referrals",
        { p_as_of: asOf, p_grant: grant, ...(after === null ? {} : { p_after: after }) },
        qualifiedPageSchema,
      ),
    );
    sum.qualified += page.qualified;
    sum.rewards_granted += page.rewards_granted;
    after = page.next_after;
  } while (after !== null);
  return sum;
}

/**
 * Expires what is past its date, queues reminders, and forgets request counters and idempotency
 * keys that have served their time.
 * @throws AppError `unavailable`, `forbidden` or `internal`; what was committed stays.
 */
export async function runExpireJob({ client, clock }: JobContext): Promise<ExpirySummary> {
  const rewardsEnabled = getEnv().ENABLE_REFERRAL_REWARDS;
  const summary = await new FreeMonthCalculator({
    client,
    clock,
    rewardsEnabled,
  }).expireOldRewards();
  await callRpc(
    client,
    "prune_operational_rows",
    { p_as_of: clock().toISOString() },
    z.object({ rate_limits: z.number(), idempotency_keys: z.number() }),
  );
  return summary;
}

/**
 * Sends, or captures, the mails that are due. `maxBatches` bounds a run that must end soon.
 * @throws AppError `unavailable`, `forbidden` or `internal`; a mail under way is tried again.
 */
export async function runNotifyJob(
  { client, clock }: JobContext,
  options: { maxBatches?: number } = {},
): Promise<DeliveryCounts> {
  // The mail templates take longest to load; the other jobs do without them.
  const { createNotificationService } = await import("@/lib/notifications/delivery");
  return createNotificationService(client, clock).deliverDue(options);
}

const verificationSchema = z.object({
  violations: z.number().int().min(0),
  /** The first thousand. */
  details: z.array(z.object({ invariant: z.number(), rule: z.string(), entity: z.string() })),
});
export type Verification = z.infer<typeof verificationSchema>;

/**
 * Checks every invariant on the live database.
 * @throws AppError `unavailable`, `forbidden` or `internal`.
 */
export function runVerifyJob({ client }: Pick<JobContext, "client">): Promise<Verification> {
  return callRpc(client, "verify_invariants", {}, verificationSchema);
}
