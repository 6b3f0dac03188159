import type { BillingProgress, BillingReport } from "@/lib/billing/schemas";
import type { DeliveryCounts } from "@/lib/notifications/delivery";
import type { QualifySummary } from "@/lib/referrals/referral-service";
import type { ExpirySummary } from "@/lib/rewards/free-month-calculator";
import type { Verification } from "@/lib/supabase/maintenance";

interface BillingJobOptions {
  /** `YYYY-MM`; the cycle that contains the clock's now when left out. */
  period?: string;
  dryRun?: boolean;
  workers?: number;
  batchSize?: number;
  trigger?: "job" | "cron";
  /** Why a cycle is billed that has not begun or is over. */
  forceReason?: string;
  /** The same key and cycle: the same run. */
  idempotencyKey?: string;
  onProgress?: (progress: BillingProgress) => void;
  signal?: AbortSignal;
}

/**
 * The periodic work; when and how a job ended is kept. All jobs raise AppError `unavailable`, `forbidden` or `internal`; what was
 * committed until then stays.
 */
export interface Jobs {
  /**
   * Bills a cycle, and before it what earlier months left open. Amounts in cents. What goes wrong
   * with an earlier month stands among the errors; all other figures are of the cycle.
   * @throws AppError as `CompliantBillingService.runCycle` does.
   */
  billing(options?: BillingJobOptions): Promise<BillingReport>;
  /** Counts the friends whose qualifying days are over and grants what their referrers have earned. */
  qualify(): Promise<QualifySummary>;
  /**
   * Expires what is past its date, queues reminders, mails what is unbilled, and deletes
   * operational rows of no more use.
   */
  expire(): Promise<ExpirySummary>;
  /** Seals the audit log, then sends, or captures, the mails that are due. `budgetMs` bounds a run that must end soon: 50 seconds when it is left out. */
  notify(options?: { budgetMs?: number }): Promise<DeliveryCounts>;
  /**
   * Seals the audit log, checks every invariant on the live database, keeps the result, and queues
   * a mail to the admins when one is broken.
   */
  verify(): Promise<Verification>;
}
