import { randomUUID } from "node:crypto";
import "server-only";
import { z } from "zod";
import type { CustomerBillingFacts, InvoiceDraft } from "@/lib/billing/invoice";
import { type BillingPeriod, periodContaining, periodFromMonth } from "@/lib/billing/period";
import {
  type BillingError,
  type BillingProgress,
  type BillingSummary,
  billableCustomerSchema,
  billingBatchSchema,
  finishedRunSchema,
  issuedBatchSchema,
  startedRunSchema,
  type UncheckedCustomer,
} from "@/lib/billing/schemas";
import { type BillingSettings, billingSettingsSchema } from "@/lib/billing/settings";
import type { Clock } from "@/lib/clock";
import { AppError, type ErrorCode } from "@/lib/errors";
import { FreeMonthCalculator } from "@/lib/rewards/free-month-calculator";
import type { Supabase } from "@/lib/supabase/clients";
import type { Json } from "@/lib/supabase/database.types";
import { patiently, pause } from "@/lib/supabase/patiently";
import { callRpc, type FunctionName } from "@/lib/supabase/rpc";

/** How far ahead of the clock's own cycle a cycle may be billed; guards against a mistyped year. */
const MONTHS_AHEAD = 12;
const MAX_SWEEPS = 5;
/** So many broken customers are no longer about single customers. */
const MAX_ERRORS = 1_000;

/** These are about the connection or the run, not about a customer in the batch. */
const FATAL: ReadonlySet<ErrorCode> = new Set([
  "unavailable",
  "unauthenticated",
  "forbidden",
  "not_found",
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
  /** The auth user who asked for the run. */
  startedBy?: string;
  onProgress?: (progress: BillingProgress) => void;
  /** Ends the run after the batches in flight; it is then closed as failed. */
  signal?: AbortSignal;
}

type Buyer = z.infer<typeof billableCustomerSchema>["buyer"];

/** A customer's invoices, ready to be issued. */
interface PreparedCustomer {
  customer_id: string;
  drafts: (InvoiceDraft & { buyer: Buyer })[];
}

/** One run, shared by its workers. */
interface Run {
  id: string;
  period: BillingPeriod;
  settings: BillingSettings;
  asOf: Date;
  batchSize: number;
  servicesTotal: number;
  servicesDone: number;
  errors: Map<string | null, string>;
  signal: AbortSignal;
  onProgress: (progress: BillingProgress) => void;
}

/**
 * Issues the invoices of a billing cycle: a calendar month in the billing time zone.
 *
 * A run is resumable and safe to repeat, to run in several workers and to run several times at
 * once: each batch is one transaction, in which the database checks every invoice against the
 * facts of that moment, numbers it without a gap and uses up its reward.
 */
export class CompliantBillingService {
  readonly #options: BillingServiceOptions;
  readonly #freeMonths: FreeMonthCalculator;

  constructor(options: BillingServiceOptions) {
    this.#options = options;
    this.#freeMonths = new FreeMonthCalculator(options);
  }

  /**
   * Bills one cycle. A customer who cannot be billed is named in `errors` and never stops the
   * others; the run then counts as failed and the alert address is mailed. All invoices of a run
   * are issued as of the instant at which it starts. Amounts in cents, VAT included.
   *
   * @throws AppError `invalid_request` when the period is no month, `billing_period_invalid` when
   *   it lies more than 12 months ahead, `unavailable` when the database stays away for a minute;
   *   what was committed until then stays, and the next run goes on from there.
   */
  async runCycle(options: RunCycleOptions = {}): Promise<BillingSummary> {
    const asOf = this.#options.clock();
    const signal = options.signal ?? new AbortController().signal;
    const settings = await this.#call("get_billing_settings", {}, billingSettingsSchema, signal);
    const period = choosePeriod(options.period, asOf, settings.time_zone);
    const cycle = {
      period_start: period.start,
      period_end: period.end,
      currency: settings.currency,
    };
    const shared = {
      period,
      settings,
      asOf,
      batchSize: positive(options.batchSize ?? 200, "batchSize"),
      errors: new Map<string | null, string>(),
      onProgress: options.onProgress ?? (() => {}),
      signal,
    };
    if (options.dryRun) {
      const run = { ...shared, id: "", servicesTotal: 0, servicesDone: 0 };
      const totals = await this.#rehearse(run);
      return { run_id: null, ...cycle, ...totals, errors: listErrors(run) };
    }

    const workers = positive(options.workers ?? 1, "workers");
    const started = await this.#call(
      "start_billing_run",
      {
        p_period_start: period.start,
        p_period_end: period.end,
        p_ends_at: period.endsAt.toISOString(),
        p_trigger: options.trigger ?? "job",
        p_rewards_enabled: this.#options.rewardsEnabled,
        p_as_of: asOf.toISOString(),
        // Chosen here, so that a call whose answer was lost can be repeated.
        p_run_id: randomUUID(),
        ...(this.#options.alertEmail ? { p_alert_email: this.#options.alertEmail } : {}),
        ...(options.startedBy ? { p_actor: options.startedBy } : {}),
      },
      startedRunSchema,
      signal,
    );
    const run: Run = {
      ...shared,
      id: started.run_id,
      servicesTotal: started.services_total,
      servicesDone: started.skipped,
    };
    report(run);
    try {
      await this.#bill(run, workers);
    } catch (error) {
      run.errors.set(null, describe(error));
      // Told by the error itself; that the run could not be closed adds nothing to it.
      await this.#finish(run).catch(() => {});
      throw error;
    }
    const { invoices, free_months, waived_cents, total_cents, skipped } = await this.#finish(run);
    const totals = { invoices, free_months, waived_cents, total_cents, skipped };
    return { run_id: run.id, ...cycle, ...totals, errors: listErrors(run) };
  }

  async #bill(run: Run, workers: number): Promise<void> {
    // When one worker gives up, the others stop at their next batch instead of running on alone.
    const failure = new AbortController();
    const batch: Run = { ...run, signal: AbortSignal.any([run.signal, failure.signal]) };
    const results = await Promise.allSettled(
      Array.from({ length: workers }, async () => {
        try {
          await this.#work(batch);
        } catch (error) {
          failure.abort();
          throw error;
        }
      }),
    );
    run.servicesDone = batch.servicesDone;
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    if (!stopped(run)) await this.#sweep(run);
    if (run.signal.aborted) {
      run.errors.set(null, "The run was stopped before its end. Run it again to complete it.");
    } else if (run.errors.size >= MAX_ERRORS) {
      run.errors.set(null, `The run stopped itself after ${MAX_ERRORS} customers failed.`);
    }
  }

  /** One worker: claims ranges of customers until none is left. */
  async #work(run: Run): Promise<void> {
    while (!stopped(run)) {
      const { customers } = await this.#call(
        "claim_billing_batch",
        { p_run_id: run.id, p_ends_at: run.period.endsAt.toISOString(), p_limit: run.batchSize },
        billingBatchSchema,
        run.signal,
      );
      if (customers.length === 0) return;
      await this.#issue(this.#prepare(customers, run), run);
    }
  }

  /**
   * From the start once more, for whom the first pass did not bill: refused because their facts
   * changed meanwhile, claimed by a call whose answer was lost, or activated since.
   */
  async #sweep(run: Run): Promise<void> {
    for (let sweep = 1; ; sweep += 1) {
      const refused = new Set<string>();
      let after: string | undefined;
      do {
        const { customers } = await this.#read(run, after);
        after = customers.length < run.batchSize ? undefined : customers.at(-1)?.customer_id;
        const open = customers.filter(({ customer_id }) => !run.errors.has(customer_id));
        const prepared = this.#prepare(open, run);
        for (const id of await this.#issue(prepared, run)) refused.add(id);
      } while (after !== undefined && !stopped(run));
      if (refused.size === 0 || stopped(run)) return;
      if (sweep === MAX_SWEEPS) {
        for (const id of refused) {
          this.#record(run, id, "The account kept changing while it was billed. Run again.");
        }
        return;
      }
      await pause(25 * 2 ** sweep, run.signal);
    }
  }

  /** The dry run: every unbilled customer through the same rules, added up and forgotten. */
  async #rehearse(run: Run) {
    const totals = { invoices: 0, free_months: 0, waived_cents: 0, total_cents: 0, skipped: 0 };
    let after: string | undefined;
    do {
      const page = await this.#read(run, after);
      if (after === undefined) {
        totals.skipped = page.skipped ?? 0;
        run.servicesTotal = page.services_total ?? 0;
        run.servicesDone = totals.skipped;
      }
      for (const { drafts } of this.#prepare(page.customers, run)) {
        for (const draft of drafts) {
          totals.invoices += 1;
          totals.free_months += draft.is_free_month ? 1 : 0;
          totals.waived_cents += draft.amount_waived_cents;
          totals.total_cents += draft.total_cents;
        }
      }
      run.servicesDone = totals.skipped + totals.invoices;
      report(run);
      after =
        page.customers.length < run.batchSize ? undefined : page.customers.at(-1)?.customer_id;
    } while (after !== undefined && !run.signal.aborted);
    if (run.signal.aborted) run.errors.set(null, "The dry run was stopped before its end.");
    return totals;
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

  /** Facts to invoices, customer by customer; whose facts break a rule is recorded and left out. */
  #prepare(customers: UncheckedCustomer[], run: Run): PreparedCustomer[] {
    return customers.flatMap((unchecked) => {
      const { customer_id } = unchecked;
      try {
        const { buyer, ...known } = billableCustomerSchema.parse(unchecked);
        const facts: CustomerBillingFacts = { ...known, asOf: run.asOf };
        const drafts = this.#freeMonths
          .applyFreeMonth(facts, run.period, run.settings)
          .map((draft) => ({ ...draft, buyer }));
        return drafts.length === 0 ? [] : [{ customer_id, drafts }];
      } catch (error) {
        this.#record(run, customer_id, describe(error));
        return [];
      }
    });
  }

  /**
   * Issues customers' invoices in one transaction. When that fails because of what is in it, it
   * is halved until the customer who is to blame stands alone. Returns whom the database refused
   * because their facts changed meanwhile.
   */
  async #issue(customers: PreparedCustomer[], run: Run): Promise<string[]> {
    if (customers.length === 0) return [];
    try {
      const { issued } = await this.#call(
        "issue_invoices",
        {
          p_run_id: run.id,
          p_invoices: customers.flatMap(({ drafts }) => drafts) as unknown as Json,
          p_as_of: run.asOf.toISOString(),
        },
        issuedBatchSchema,
        run.signal,
      );
      run.servicesDone += issued.length;
      report(run);
      const done = new Set(issued.map(({ service_id }) => service_id));
      return customers
        .filter(({ drafts }) => drafts.some(({ service_id }) => !done.has(service_id)))
        .map(({ customer_id }) => customer_id);
    } catch (error) {
      if (!(error instanceof AppError) || FATAL.has(error.code)) throw error;
      const [only, second] = customers;
      if (only && !second) {
        this.#record(run, only.customer_id, describe(error));
        return [];
      }
      const middle = Math.ceil(customers.length / 2);
      const refused = await this.#issue(customers.slice(0, middle), run);
      if (stopped(run)) return refused;
      return [...refused, ...(await this.#issue(customers.slice(middle), run))];
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

  #finish(run: Run) {
    // Closing must not be cut short by the signal that ended the run.
    return this.#call(
      "finish_billing_run",
      {
        p_run_id: run.id,
        p_errors: listErrors(run) as unknown as Json,
        p_as_of: run.asOf.toISOString(),
        ...(this.#options.alertEmail ? { p_alert_email: this.#options.alertEmail } : {}),
      },
      finishedRunSchema,
    );
  }

  #record(run: Run, customerId: string, message: string): void {
    run.errors.set(customerId, message);
    this.#options.log?.warn({ customerId, runId: run.id, message }, "customer could not be billed");
    report(run);
  }
}

/** The cycle that was asked for. @throws AppError `invalid_request`, `billing_period_invalid` */
function choosePeriod(month: string | undefined, now: Date, timeZone: string): BillingPeriod {
  const current = periodContaining(now, timeZone);
  if (month === undefined) return current;
  let period: BillingPeriod;
  try {
    period = periodFromMonth(month, timeZone);
  } catch (cause) {
    const message = "Use a month like 2026-12.";
    throw new AppError("invalid_request", { message, fields: { period: message }, cause });
  }
  if (monthIndex(period) - monthIndex(current) > MONTHS_AHEAD) {
    throw new AppError("billing_period_invalid", {
      message: `${month} is more than ${MONTHS_AHEAD} months ahead and cannot be billed yet.`,
    });
  }
  return period;
}

function monthIndex({ start }: Pick<BillingPeriod, "start">): number {
  return Number(start.slice(0, 4)) * 12 + Number(start.slice(5, 7));
}

function positive(value: number, field: string): number {
  if (Number.isInteger(value) && value > 0) return value;
  const message = "Use a whole number of at least 1.";
  throw new AppError("invalid_request", { message, fields: { [field]: message } });
}

const stopped = (run: Run) => run.signal.aborted || run.errors.size >= MAX_ERRORS;

const listErrors = (run: Pick<Run, "errors">): BillingError[] =>
  [...run.errors].map(([customer_id, message]) => ({ customer_id, message }));

function report(run: Run): void {
  run.onProgress({
    services_total: run.servicesTotal,
    services_done: run.servicesDone,
    errors: run.errors.size,
  });
}

/** One line for the people who look after the run. */
function describe(error: unknown): string {
  if (error instanceof z.ZodError) {
    const issue = error.issues[0];
    return issue ? `${issue.path.join(".")}: ${issue.message}` : "The facts are not usable.";
  }
  const cause = error instanceof AppError && error.code === "internal" ? error.cause : error;
  if (cause instanceof Error) return cause.message;
  const message = z.object({ message: z.string().min(1) }).safeParse(cause);
  return message.success ? message.data.message : "The reason is not known.";
}
