import { randomUUID } from "node:crypto";
import "server-only";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { periodFromMonth } from "@/lib/invoicing/period";
import type { ServerClient } from "@/lib/supabase/clients";
import { BillingDatabase } from "./billing-database";
import { BillingRun, type RunControl } from "./billing-run";
import { choosePeriod } from "./cycle";
import type { DraftTerms } from "./drafts";
import { type DryRunWatch, dryRun } from "./dry-run";
import { describe, runError } from "./run-errors";
import type {
  BillingError,
  BillingProgress,
  BillingReport,
  BillingSummary,
  RunTrigger,
  StartedCycle,
} from "./schemas";

const BATCH_SIZE = 750;

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
  /** Bills a cycle that has not begun or is over too long; 3 to 500 characters, kept with the run. */
  forceReason?: string;
  /** The same key and cycle by the same admin: the same run, also when it is over. */
  idempotencyKey?: string;
  onProgress?: (progress: BillingProgress) => void;
  /** Of a dry run: who looks at its invoices. */
  watch?: DryRunWatch;
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
   *   `billing_cycle_future` and `billing_cycle_closed` when the cycle has not begun, or is older
   *   than the months that runs complete, and no reason is given; `forbidden` when `startedBy` may not bill; `idempotency_key_reused`;
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
    const current = await this.#database.readSettings(signal);
    const chosen = choosePeriod(options, now, current);
    const settings = await this.#database.readCycleSettings(chosen.start, signal);
    // The cycle begins and ends by the time zone that counted then.
    const period =
      settings.time_zone === current.time_zone
        ? chosen
        : periodFromMonth(chosen.start.slice(0, 7), settings.time_zone);
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
    };
    if (options.dryRun) {
      const work = () => dryRun(this.#database, terms, control, options.watch);
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
   * Bills everything that is due: first what earlier months left open, the oldest first, then the
   * cycle that was asked for. The figures are of that cycle, but for `completed` and `unbilled`;
   * what goes wrong with an earlier month stands among the errors and does not stop the others.
   * @throws AppError as `runCycle` does.
   */
  async billAll(options: RunCycleOptions = {}): Promise<BillingReport> {
    const earlier = await this.completeEarlierMonths(options);
    const summary = await this.runCycle(options);
    const unbilled = await this.#database.unbilledMonths(this.#options.clock(), options.signal);
    return {
      ...summary,
      errors: [...earlier.errors, ...summary.errors],
      completed: earlier.completed,
      unbilled: unbilled.reduce((sum, month) => sum + month.services - month.errors, 0),
    };
  }

  /**
   * Bills what earlier months left open: a month without any run, a service that was activated or
   * reactivated after a run, the active days of one that was suspended. A month that only has
   * services with errors gets no new run; one that somebody bills at this moment is left to them.
   */
  async completeEarlierMonths(
    options: Pick<
      RunCycleOptions,
      "dryRun" | "workers" | "batchSize" | "trigger" | "startedBy" | "period" | "watch" | "signal"
    > = {},
  ): Promise<{ completed: number; errors: BillingError[] }> {
    const {
      period: asked,
      dryRun,
      workers,
      batchSize,
      trigger,
      startedBy,
      watch,
      signal,
    } = options;
    // Not the key or the reason that callers have for the cycle itself.
    const run = { dryRun, workers, batchSize, trigger, startedBy, watch, signal };
    const errors: BillingError[] = [];
    let completed = 0;
    const months = await this.#database.monthsToComplete(this.#options.clock(), signal);
    for (const period of months.map((start) => start.slice(0, 7))) {
      if (period === asked || signal?.aborted) continue;
      try {
        const { invoices, errors: found } = await this.#completeMonth(period, run);
        completed += invoices;
        errors.push(...found.map((e) => ({ ...e, message: `${period}: ${e.message}` })));
      } catch (error) {
        const message = describe(error);
        this.#options.log?.warn({ period, message }, "an earlier month could not be completed");
        errors.push(runError(`${period} could not be completed: ${message}`));
      }
    }
    return { completed, errors };
  }

  async #completeMonth(
    period: string,
    options: RunCycleOptions,
  ): Promise<Pick<BillingSummary, "invoices" | "errors">> {
    const planned = await this.runCycle({ ...options, period, dryRun: true });
    if (options.dryRun || planned.invoices === 0) return planned;
    const cycle = await this.startCycle({ ...options, period });
    return cycle.joined ? { invoices: 0, errors: [] } : cycle.work();
  }

  /** Mails the admins what is unbilled, once a day until nothing is. Returns whether a mail was queued. */
  async alertUnbilled(): Promise<boolean> {
    const { alertEmail, clock } = this.#options;
    return alertEmail ? this.#database.alertUnbilled(clock(), alertEmail) : false;
  }
}

function positive(value: number, field: string): number {
  if (Number.isInteger(value) && value > 0) return value;
  const message = "Use a whole number of at least 1.";
  throw new AppError("invalid_request", { message, fields: { [field]: message } });
}
