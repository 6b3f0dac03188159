import { randomUUID } from "node:crypto";
import "server-only";
import type { z } from "zod";
import { choosePeriod } from "@/lib/billing/cycle";
import { describe, ErrorList, isOfTheRun, MAX_ERRORS, runError } from "@/lib/billing/run-errors";
import {
  activationsSchema,
  type BillingError,
  type BillingProgress,
  type BillingSummary,
  billingBatchSchema,
  finishedRunSchema,
  issuedBatchSchema,
  type StartedCycle,
  serviceFactsSchema,
  soundCustomersSchema,
  startedRunSchema,
  type UncheckedCustomer,
  uncheckedServicesSchema,
} from "@/lib/billing/schemas";
import type { Clock } from "@/lib/clock";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { AppError, type ErrorCode } from "@/lib/errors";
import type { CustomerBillingFacts, InvoiceDraft } from "@/lib/invoicing/invoice";
import { type BillingPeriod, periodContaining } from "@/lib/invoicing/period";
import { type BillingSettings, billingSettingsSchema } from "@/lib/programme/billing-settings";
import { FreeMonthCalculator } from "@/lib/rewards/free-month-calculator";
import type { Supabase } from "@/lib/supabase/clients";
import type { Json } from "@/lib/supabase/database.types";
import { patiently, pause } from "@/lib/supabase/patiently";
import { callRpc, type FunctionName, toAppError } from "@/lib/supabase/rpc";

const MAX_SWEEPS = 5;
/** Why a month that is over is billed once more by itself. */
const COMPLETION_REASON = "Completes the month that has just ended.";
const BATCH_SIZE = 750;

/** These are about the connection or the run, not about what is in the batch. */
const FATAL: ReadonlySet<ErrorCode> = new Set([
  "unavailable",
  "unauthenticated",
  "forbidden",
  "not_found",
  "billing_run_closed",
]);

export interface BillingServiceOptions {
  /** With the secret key: billing is the server's own business. */
  client: Supabase;
  clock: Clock;
  /** The kill switch: false bills as usual and uses no reward. */
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
  trigger?: "job" | "cron" | "admin" | "seed";
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

/** One run, shared by the workers of this process. */
interface Run {
  id: string;
  /** How the database tells this process from others that share the run. */
  process: string;
  period: BillingPeriod;
  settings: BillingSettings;
  asOf: Date;
  freeMonths: FreeMonthCalculator;
  batchSize: number;
  /** Only services that were activated in the cycle itself. */
  onlyActivatedInCycle: boolean;
  /** Services that had their invoice before the run. */
  skipped: number;
  services: { total: number; done: number };
  errors: ErrorList;
  signal: AbortSignal;
  onProgress: (progress: BillingProgress) => void;
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

  constructor(options: BillingServiceOptions) {
    this.#options = options;
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
   *   `unavailable` when the database stays away for a minute: what was committed until then
   *   stays, and the next run goes on from there.
   */
  async runCycle(options: RunCycleOptions = {}): Promise<BillingSummary> {
    const cycle = await this.startCycle(options);
    return cycle.work();
  }

  /** `runCycle` in two steps: for callers who answer once it is certain that there is a run. */
  async startCycle(options: RunCycleOptions = {}): Promise<StartedCycle> {
    const now = this.#options.clock();
    const signal = options.signal ?? new AbortController().signal;
    const settings = await this.#call("get_billing_settings", {}, billingSettingsSchema, signal);
    const period = choosePeriod(options, now, settings.time_zone);
    const workers = positive(options.workers ?? 1, "workers");
    const cycle = { period_start: period.start, period_end: period.end };
    const shared = {
      period,
      settings,
      batchSize: positive(options.batchSize ?? BATCH_SIZE, "batchSize"),
      onlyActivatedInCycle: options.onlyActivatedInCycle ?? false,
      errors: new ErrorList(),
      onProgress: options.onProgress ?? (() => {}),
      signal,
    };
    const { rewardsEnabled, alertEmail } = this.#options;
    if (options.dryRun) {
      const freeMonths = new FreeMonthCalculator(this.#options);
      const none = { id: "", process: "", skipped: 0, services: { total: 0, done: 0 } };
      const run: Run = { ...shared, ...none, asOf: now, freeMonths };
      return { run_id: null, ...cycle, joined: false, work: () => this.#rehearse(run) };
    }

    // Chosen here, so that a call whose answer was lost can be repeated.
    const process = randomUUID();
    const started = await this.#call(
      "start_billing_run",
      {
        p_period_start: period.start,
        p_period_end: period.end,
        p_ends_at: period.endsAt.toISOString(),
        p_trigger: options.trigger ?? "job",
        p_rewards_enabled: rewardsEnabled,
        p_as_of: now.toISOString(),
        p_run_id: process,
        ...(alertEmail ? { p_alert_email: alertEmail } : {}),
        ...(options.startedBy ? { p_actor: options.startedBy } : {}),
        ...(options.forceReason === undefined ? {} : { p_force_reason: options.forceReason }),
        ...(options.idempotencyKey ? { p_idempotency_key: options.idempotencyKey } : {}),
      },
      startedRunSchema,
      signal,
    );
    const run: Run = {
      ...shared,
      id: started.run_id,
      process,
      // Whoever joins a run issues its invoices, at its instant and with its settings. The kill
      // switch of either counts.
      asOf: new Date(started.as_of),
      settings: started.settings,
      freeMonths: new FreeMonthCalculator({
        ...this.#options,
        rewardsEnabled: rewardsEnabled && started.rewards_enabled,
      }),
      skipped: started.skipped,
      services: { total: started.services_total, done: started.skipped + started.invoices },
    };
    const isIdle =
      started.status !== "running" ||
      (!started.joined && started.skipped === started.services_total);
    const { run_id, joined } = started;
    return { run_id, ...cycle, joined, work: () => this.#work(run, isIdle ? 0 : workers) };
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
      const { time_zone } = await this.#call("get_billing_settings", {}, billingSettingsSchema);
      const { start } = periodContaining(this.#options.clock(), time_zone);
      const period = dateOfDayNumber(dayNumber(start) - 1).slice(0, 7);
      if (!(await this.#wasBilled(`${period}-01`))) return [];
      const scope = { period, onlyActivatedInCycle: true };
      const of = (error: BillingError) => ({ ...error, message: `${period}: ${error.message}` });
      const { invoices, errors } = await this.runCycle({ ...scope, dryRun: true });
      if (invoices === 0) return errors.map(of);
      const cycle = await this.startCycle({
        ...scope,
        trigger: "cron",
        forceReason: COMPLETION_REASON,
      });
      if (cycle.joined) return [];
      return (await cycle.work()).errors.map(of);
    } catch (error) {
      const message = describe(error);
      this.#options.log?.warn({ message }, "the month that has just ended could not be completed");
      return [runError(`The month that has just ended could not be completed: ${message}`)];
    }
  }

  async #wasBilled(periodStart: string): Promise<boolean> {
    const found = await patiently(async () => {
      const { data, error, status } = await this.#options.client
        .from("billing_runs")
        .select("id")
        .eq("period_start", periodStart)
        .limit(1);
      if (error) throw toAppError(error, status);
      return data;
    });
    return found.length > 0;
  }

  /** This process's part of a run, by so many workers; none when there is nothing to bill. */
  async #work(run: Run, workers: number): Promise<BillingSummary> {
    report(run);
    try {
      if (workers > 0) await this.#bill(run, workers);
    } catch (error) {
      // Somebody else completed the run: what was left for this process is done.
      const isClosed = error instanceof AppError && error.code === "billing_run_closed";
      if (!isClosed) {
        run.errors.add(runError(describe(error)));
        // Told by the error itself; that the run could not be closed adds nothing to it.
        await this.#finish(run, false).catch(() => {});
        throw error;
      }
    }
    const isStopped = run.signal.aborted;
    if (isStopped) {
      run.errors.add(runError("The run was stopped before its end. Run it again to complete it."));
    } else if (isHopeless(run)) {
      run.errors.add(runError(`The run stopped itself after ${run.errors.count} services failed.`));
    }
    run.errors.close();
    const finished = await this.#finish(run, !isStopped);
    // When others go on, what stopped this process is not in the record of the run.
    const own = finished.status === "running" ? run.errors.list.filter(isOfTheRun) : [];
    return {
      run_id: run.id,
      period_start: run.period.start,
      period_end: run.period.end,
      invoices: finished.invoices,
      free_months: finished.free_months,
      waived_cents: finished.waived_cents,
      total_cents: finished.total_cents,
      skipped: finished.skipped,
      currency: run.settings.currency,
      errors: [...finished.errors, ...own],
    };
  }

  async #bill(run: Run, workers: number): Promise<void> {
    // When one worker gives up, the others stop at their next batch instead of running on alone.
    const failure = new AbortController();
    const ranges: Run = { ...run, signal: AbortSignal.any([run.signal, failure.signal]) };
    const results = await Promise.allSettled(
      Array.from({ length: workers }, async () => {
        try {
          await this.#billRanges(ranges);
        } catch (error) {
          failure.abort();
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    if (!stopped(run)) await this.#sweep(run);
  }

  /**
   * One worker: claims ranges of customers until none is left. While a batch is being issued, the
   * next one is on its way to the database, and the one after it is read and its invoices made.
   */
  async #billRanges(run: Run): Promise<void> {
    let claimed = this.#claim(run);
    // Two batches, so that the database never waits for the way from here to it.
    let [first, second]: Promise<unknown>[] = [];
    try {
      for (;;) {
        const customers = await claimed;
        if (customers.length === 0 || stopped(run)) return;
        claimed = this.#claim(run);
        claimed.catch(() => {});
        const drafts = this.#prepare(customers, run);
        await first;
        if (stopped(run)) return;
        first = second;
        second = this.#issue(drafts, run);
        second.catch(() => {});
      }
    } finally {
      await Promise.all([first, second]);
    }
  }

  async #claim(run: Run): Promise<UncheckedCustomer[]> {
    const { customers } = await this.#call(
      "claim_billing_batch",
      {
        p_run_id: run.id,
        p_ends_at: run.period.endsAt.toISOString(),
        p_limit: run.batchSize,
        p_process: run.process,
        // Kept with the run at once: it may be killed at any moment.
        p_errors: json(run.errors.list),
      },
      billingBatchSchema,
      run.signal,
    );
    return customers;
  }

  /**
   * From the start once more, for whom the first pass did not bill: refused because their facts
   * changed meanwhile, claimed by a process that died or a call whose answer was lost, or
   * activated since.
   */
  async #sweep(run: Run): Promise<void> {
    for (let sweep = 1; ; sweep += 1) {
      const refused: InvoiceDraft[] = [];
      let after: string | undefined;
      do {
        const { customers } = await this.#read(run, after);
        after = customers.length < run.batchSize ? undefined : customers.at(-1)?.customer_id;
        refused.push(...(await this.#issue(this.#prepare(customers, run), run)));
      } while (after !== undefined && !stopped(run));
      if (refused.length === 0 || stopped(run)) return;
      if (sweep === MAX_SWEEPS) {
        for (const draft of refused) {
          this.#record(run, draft, "The account kept changing while it was billed. Run again.");
        }
        return;
      }
      await pause(25 * 2 ** sweep, run.signal);
    }
  }

  /** The dry run: every unbilled customer through the same rules, added up and forgotten. */
  async #rehearse(run: Run): Promise<BillingSummary> {
    const totals = { invoices: 0, free_months: 0, waived_cents: 0, total_cents: 0, skipped: 0 };
    let after: string | undefined;
    do {
      const { customers, counts } = await this.#read(run, after);
      if (counts) {
        totals.skipped = counts.skipped;
        run.services.total = counts.services_total;
      }
      for (const draft of this.#prepare(customers, run)) {
        totals.invoices += 1;
        totals.free_months += draft.is_free_month ? 1 : 0;
        totals.waived_cents += draft.amount_waived_cents;
        totals.total_cents += draft.total_cents;
      }
      run.services.done = totals.skipped + totals.invoices;
      report(run);
      after = customers.length < run.batchSize ? undefined : customers.at(-1)?.customer_id;
    } while (after !== undefined && !run.signal.aborted);
    if (run.signal.aborted) {
      run.errors.add(runError("The dry run was stopped before its end."));
    }
    run.errors.close();
    const { period, settings, errors } = run;
    return {
      run_id: null,
      period_start: period.start,
      period_end: period.end,
      ...totals,
      currency: settings.currency,
      errors: errors.list,
    };
  }

  #read(run: Run, after: string | undefined) {
    return this.#call(
      "read_billing_batch",
      {
        p_period_start: run.period.start,
        p_ends_at: run.period.endsAt.toISOString(),
        p_limit: run.batchSize,
        ...(after === undefined ? {} : { p_after: after }),
      },
      billingBatchSchema,
      run.signal,
    );
  }

  /** Facts to invoices, in the order of customers and services. */
  #prepare(found: UncheckedCustomer[], run: Run): InvoiceDraft[] {
    const { asOf, freeMonths, period, settings } = run;
    const customers = run.onlyActivatedInCycle
      ? found.map((customer) => activatedIn(period, customer))
      : found;
    const sound = soundCustomersSchema.safeParse(customers);
    if (sound.success && !sound.data.some((facts) => run.errors.concern(facts))) {
      try {
        return sound.data.flatMap((facts) =>
          freeMonths.applyFreeMonth({ ...facts, asOf }, period, settings),
        );
      } catch {
        // One of them breaks a rule: found below.
      }
    }
    return customers.flatMap((customer) => this.#prepareCarefully(customer, run));
  }

  /**
   * The invoices of one customer, service by service: one that breaks a rule is recorded and left
   * out. The free month then waits, since nobody knows which charge is the dearest.
   */
  #prepareCarefully(unchecked: UncheckedCustomer, run: Run): InvoiceDraft[] {
    const { asOf, freeMonths, period, settings } = run;
    const { customer_id } = unchecked;
    const invoices = (facts: CustomerBillingFacts) =>
      freeMonths.applyFreeMonth(facts, period, settings);
    try {
      if (run.errors.has(customer_id)) return [];
      const customer = uncheckedServicesSchema.parse(unchecked);
      const services = customer.services.flatMap((service) => {
        const { service_id } = service;
        if (run.errors.has(service_id)) return [];
        try {
          const facts = serviceFactsSchema.parse(service);
          invoices({ ...customer, services: [facts], rewards: [], asOf });
          return [facts];
        } catch (error) {
          this.#record(run, { customer_id, service_id }, describe(error));
          return [];
        }
      });
      const isWhole = services.length === customer.services.length;
      const rewards = isWhole ? customer.rewards : [];
      return invoices({ ...customer, services, rewards, asOf });
    } catch (error) {
      this.#record(run, { customer_id, service_id: null }, describe(error));
      return [];
    }
  }

  /**
   * Issues invoices in one transaction. When that fails because of what is in it, it is halved
   * until the one that is to blame stands alone. Returns those that the database refused because
   * their facts changed meanwhile.
   */
  async #issue(drafts: InvoiceDraft[], run: Run): Promise<InvoiceDraft[]> {
    if (drafts.length === 0) return [];
    try {
      const { refused_customers, run_invoices } = await this.#call(
        "issue_invoices",
        {
          p_run_id: run.id,
          // As text: the data API passes it on without taking it apart.
          p_invoices: JSON.stringify(drafts.map(invoiceRow)),
          p_as_of: run.asOf.toISOString(),
          p_process: run.process,
        },
        issuedBatchSchema,
        run.signal,
      );
      const { services } = run;
      services.done = Math.max(services.done, run.skipped + run_invoices);
      report(run);
      if (refused_customers.length === 0) return [];
      const refused = new Set(refused_customers);
      return drafts.filter(({ customer_id }) => refused.has(customer_id));
    } catch (error) {
      if (!(error instanceof AppError) || FATAL.has(error.code)) throw error;
      const [only, second] = drafts;
      if (only && !second) {
        this.#record(run, only, describe(error));
        return [];
      }
      const middle = Math.ceil(drafts.length / 2);
      const refused = await this.#issue(drafts.slice(0, middle), run);
      if (stopped(run)) return refused;
      return [...refused, ...(await this.#issue(drafts.slice(middle), run))];
    }
  }

  /** Every call of a run may be repeated: one that was carried out unnoticed is found done. */
  #call<N extends FunctionName, S extends z.ZodType>(
    name: N,
    args: Parameters<typeof callRpc<N, S>>[2],
    schema: S,
    signal?: AbortSignal,
  ): Promise<z.infer<S>> {
    return patiently(() => callRpc(this.#options.client, name, args, schema), signal);
  }

  /** Closes the run; one that is not complete only when no other process works on it. */
  #finish(run: Run, isComplete: boolean) {
    // Closing must not be cut short by the signal that ended the run.
    return this.#call(
      "finish_billing_run",
      {
        p_run_id: run.id,
        p_errors: json(run.errors.list),
        p_as_of: run.asOf.toISOString(),
        p_process: run.process,
        p_is_complete: isComplete,
        ...(this.#options.alertEmail ? { p_alert_email: this.#options.alertEmail } : {}),
      },
      finishedRunSchema,
    );
  }

  #record(
    run: Run,
    { customer_id, service_id }: Pick<BillingError, "customer_id" | "service_id">,
    message: string,
  ): void {
    run.errors.add({ customer_id, service_id, message });
    const about = { customerId: customer_id, serviceId: service_id, runId: run.id, message };
    this.#options.log?.warn(about, "a service could not be billed");
    report(run);
  }
}

function positive(value: number, field: string): number {
  if (Number.isInteger(value) && value > 0) return value;
  const message = "Use a whole number of at least 1.";
  throw new AppError("invalid_request", { message, fields: { [field]: message } });
}

/** Errors as the database takes them: plain values. */
const json = (errors: BillingError[]) => errors as unknown as Json;

/**
 * A draft as the database takes it. What is not said is null, 0, or follows from the run: most of
 * the time of a large run goes into passing these texts on.
 */
function invoiceRow(draft: InvoiceDraft): Json {
  const { referral_reward_id } = draft;
  return {
    customer_id: draft.customer_id,
    service_id: draft.service_id,
    period_start: draft.period_start,
    price_cents: draft.price_cents,
    activated_at: draft.activated_at,
    ...(draft.ended_at === null ? {} : { ended_at: draft.ended_at }),
    ...(draft.price_changes === 0 ? {} : { price_changes: draft.price_changes }),
    vat_bps: draft.vat_bps,
    line_items: draft.line_items as unknown as Json,
    subtotal_cents: draft.subtotal_cents,
    vat_cents: draft.vat_cents,
    total_cents: draft.total_cents,
    amount_due_cents: draft.amount_due_cents,
    ...(referral_reward_id === null
      ? {}
      : { referral_reward_id, amount_waived_cents: draft.amount_waived_cents }),
  };
}

const stopped = (run: Run) => run.signal.aborted || isHopeless(run);

/**
 * Whether what is wrong is no longer about single services: very many failed, and more than half
 * of all that there are to bill. Fewer never keep the sound ones behind them from being billed.
 */
function isHopeless({ errors, services, skipped }: Run): boolean {
  return errors.count >= MAX_ERRORS && errors.count * 2 > services.total - skipped;
}

/** The customer with those services alone that were activated in the cycle. */
function activatedIn({ startsAt }: BillingPeriod, customer: UncheckedCustomer): UncheckedCustomer {
  const known = activationsSchema.safeParse(customer);
  // What cannot be read is judged with everything else about the customer.
  if (!known.success) return customer;
  return {
    ...customer,
    services: known.data.services.filter(
      ({ activated_at }) => Date.parse(activated_at) >= startsAt.getTime(),
    ),
  };
}

function report({ services, errors, onProgress }: Run): void {
  onProgress({
    services_total: services.total,
    services_done: services.done,
    errors: errors.count,
  });
}
