import { randomUUID } from "node:crypto";
import "server-only";
import type { Clock } from "@/lib/clock";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { AppError } from "@/lib/errors";
import { periodContaining } from "@/lib/invoicing/period";
import type { ServerClient } from "@/lib/supabase/clients";
import { BillingDatabase } from "./billing-database";
import { BillingRun, type RunControl } from "./billing-run";
import { choosePeriod } from "./cycle";
import type { DraftTerms } from "./drafts";
import { dryRun } from "./dry-run";
import { describe, runError } from "./run-errors";
import type {
  BillingError,
  BillingProgress,
  BillingSummary,
  RunTrigger,
  StartedCycle,
} from "./schemas";

const BATCH_SIZE = 750;
/** The reason that is kept with a run that completes the month before. */
const COMPLETION_REASON = "Completes the month that has just ended.";

export interface BillingServiceOptions {
  client: ServerClient;
  clock: Clock;
  /** False: the kill switch is on; invoices are issued and no reward is used. */
  rewardsEnabled: boolean;
  /** Who is told of a failed run. */
  alertEmail?: string;
  log?: { warn(details: object, message: string): void };
}

export interface RunCycleOptions {
  /** The cycle `YYYY-MM`; the one that contains the clock's now when left out. */
  period?: string;
  /** Computes the same invoices through the same code, and writes nothing at all. */
  dryRun?: boolean;
  /** Batches in flight at once. */
  workers?: number;
  /** Customers per batch; a batch is one transaction. */
  batchSize?: number;
  trigger?: RunTrigger;
  /** The auth user who asked for the run; needs `billing:manage_invoices` at this moment. */
  startedBy?: string;
  /** Bills a cycle that has not begun or is over; 3 to 500 characters, kept with the run. */
  forceReason?: string;
  /** The same key and cycle by the same admin: the same run, also when it is over. */
  idempotencyKey?: string;
  /** Bills only services that were activated in the cycle itself. */
  onlyActivatedInCycle?: boolean;
  onProgress?: (progress: BillingProgress) => void;
  /** Ends this process's part after the batches in flight. */
  signal?: AbortSignal;
}

/**
 * Issues the invoices of a billing cycle: a calendar month in the billing time zone.
 *
 * A run is resumable and safe to repeat, and can be shared by several workers, processes and
 * machines: each batch is one transaction, in which the database checks every invoice against the
 * facts of that moment, numbers it without a gap and uses up its reward.
 */
export class CompliantBillingService {
  readonly #options: BillingServiceOptions;
  readonly #database: BillingDatabase;

  constructor(options: BillingServiceOptions) {
    this.#options = options;
    this.#database = new BillingDatabase(options.client);
  }

  /**
   * Bills one cycle, or helps the process that bills it at this moment. A service that cannot be
   * billed is named in `errors` and never stops the others; the run then counts as failed and the
   * alert address is mailed. All invoices of a run are issued as of the instant at which it
   * started. Amounts in cents, VAT included.
   *
   * @throws AppError `invalid_request` when the period is no month or the reason too short or
   *   long; `billing_period_invalid` when it lies more than 12 months away;
   *   `billing_cycle_future` and `billing_cycle_closed` when the clock is not in the cycle and no
   *   reason is given; `forbidden` when `startedBy` may not bill; `idempotency_key_reused`;
   *   `unavailable` when the database does not answer for a minute: what was committed until then
   *   stays, and the next run goes on from there.
   */
  async runCycle(options: RunCycleOptions = {}): Promise<BillingSummary> {
    const cycle = await this.startCycle(options);
    return cycle.work();
  }

  /** `runCycle` in two steps: for callers who answer once it is certain that there is a run. */
  async startCycle(options: RunCycleOptions = {}): Promise<StartedCycle> {
    const { clock, rewardsEnabled, alertEmail, log } = this.#options;
    const now = clock();
    const signal = options.signal ?? new AbortController().signal;
    const settings = await this.#database.readSettings(signal);
    const period = choosePeriod(options, now, settings.time_zone);
    const cycle = { period_start: period.start, period_end: period.end };
    const workers = positive(options.workers ?? 1, "workers");
    const control: RunControl = {
      batchSize: positive(options.batchSize ?? BATCH_SIZE, "batchSize"),
      signal,
      onProgress: options.onProgress ?? (() => {}),
      log,
      alertEmail,
    };
    const terms: DraftTerms = {
      period,
      settings,
      asOf: now,
      rewardsEnabled,
      onlyActivatedInCycle: options.onlyActivatedInCycle ?? false,
    };
    if (options.dryRun) {
      const work = () => dryRun(this.#database, terms, control);
      return { run_id: null, ...cycle, joined: false, work };
    }

    // Chosen here, so that the call can be repeated when its answer got lost.
    const process = randomUUID();
    const { startedBy, forceReason, idempotencyKey, trigger = "job" } = options;
    const asked = { startedBy, forceReason, idempotencyKey, trigger };
    const started = await this.#database.startRun(
      { ...asked, process, period, asOf: now, rewardsEnabled, alertEmail },
      signal,
    );
    const { run_id, joined, skipped, services_total } = started;
    const run = new BillingRun(
      this.#database,
      {
        id: run_id,
        process,
        skipped,
        services: { total: services_total, done: skipped + started.invoices },
      },
      {
        ...terms,
        // A joined run issues its invoices as of its own instant and with its own settings. The
        // kill switch counts when it is on here or was on when the run started.
        asOf: new Date(started.as_of),
        settings: started.settings,
        rewardsEnabled: rewardsEnabled && started.rewards_enabled,
      },
      control,
    );
    const hasNothingToBill = !joined && skipped === services_total;
    const isIdle = started.status !== "running" || hasNothingToBill;
    return { run_id, ...cycle, joined, work: () => run.work(isIdle ? 0 : workers) };
  }

  /**
   * Bills who was activated in the month before the clock's own after its last run, so that no day
   * of theirs is lost. Only a month that was billed here before is completed, and only when that
   * issues something: otherwise nothing is written. Services from before that month are left out:
   * who has no invoice by then was suspended, or is named by a run that failed. So is a month that
   * somebody bills at this moment. Returns what went wrong; a failure is no reason to leave out
   * the month that is under way.
   */
  async completeLastCycle(): Promise<BillingError[]> {
    try {
      const { time_zone } = await this.#database.readSettings();
      const { start } = periodContaining(this.#options.clock(), time_zone);
      const period = dateOfDayNumber(dayNumber(start) - 1).slice(0, 7);
      if (!(await this.#database.wasBilled(`${period}-01`))) return [];
      const scope = { period, onlyActivatedInCycle: true };
      const named = (error: BillingError) => ({ ...error, message: `${period}: ${error.message}` });
      const { invoices, errors } = await this.runCycle({ ...scope, dryRun: true });
      if (invoices === 0) return errors.map(named);
      const cycle = await this.startCycle({
        ...scope,
        trigger: "cron",
        forceReason: COMPLETION_REASON,
      });
      if (cycle.joined) return [];
      return (await cycle.work()).errors.map(named);
    } catch (error) {
      const message = describe(error);
      this.#options.log?.warn({ message }, "the month that has just ended could not be completed");
      return [runError(`The month that has just ended could not be completed: ${message}`)];
    }
  }
}

function positive(value: number, field: string): number {
  if (Number.isInteger(value) && value > 0) return value;
  const message = "Use a whole number of at least 1.";
  throw new AppError("invalid_request", { message, fields: { [field]: message } });
}
