import { AppError, type ErrorCode } from "@/lib/errors";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import { pause } from "@/lib/supabase/retry";
import type { BillingDatabase, RunIdentity } from "./billing-database";
import { type DraftTerms, draftInvoices } from "./drafts";
import { describe, ErrorList, isOfTheRun, MAX_ERRORS, runError } from "./run-errors";
import type { BillingError, BillingProgress, BillingSummary, UncheckedCustomer } from "./schemas";

const MAX_SWEEPS = 5;
const FIRST_SWEEP_DELAY_MS = 50;

/** Errors of the connection or of the run, not of the invoices in a batch. */
const FATAL: ReadonlySet<ErrorCode> = new Set([
  "unavailable",
  "unauthenticated",
  "forbidden",
  "not_found",
  "billing_run_closed",
]);

/** What a run tells while it works, and how it is stopped. */
export interface RunControl {
  /** Customers per batch; a batch is one transaction. */
  batchSize: number;
  /** Ends this process's part after the batches in flight. */
  signal: AbortSignal;
  onProgress(progress: BillingProgress): void;
  log?: { warn(details: object, message: string): void };
  /** Who is told of a failed run. */
  alertEmail?: string;
}

export interface OpenRun extends RunIdentity {
  /** Services that had their invoice before the run. */
  skipped: number;
  services: { total: number; done: number };
}

/** This process's part of one run; others may work on the same run. */
export class BillingRun {
  readonly #errors = new ErrorList();

  constructor(
    private readonly database: BillingDatabase,
    private readonly run: OpenRun,
    private readonly terms: DraftTerms,
    private readonly control: RunControl,
  ) {}

  /** Bills with so many workers, and closes the run. With 0 workers it only closes the run. */
  async work(workers: number): Promise<BillingSummary> {
    this.#report();
    try {
      if (workers > 0) await this.#bill(workers);
    } catch (error) {
      // Another process completed the run: nothing is left for this one.
      const isClosed = error instanceof AppError && error.code === "billing_run_closed";
      if (!isClosed) {
        this.#errors.add(runError(describe(error)));
        // A failure to close the run would hide the error that ended it.
        await this.#finish(false).catch(() => {});
        throw error;
      }
    }
    const errors = this.#errors;
    const isStopped = this.control.signal.aborted;
    if (isStopped) {
      errors.add(runError("The run was stopped before its end. Run it again to complete it."));
    } else if (this.#hasTooManyErrors()) {
      errors.add(runError(`The run stopped itself after ${errors.count} services failed.`));
    }
    errors.close();
    const finished = await this.#finish(!isStopped);
    // When other processes go on, what stopped this one is not in the record of the run.
    const own = finished.status === "running" ? errors.list.filter(isOfTheRun) : [];
    const { period, settings } = this.terms;
    return {
      run_id: this.run.id,
      period_start: period.start,
      period_end: period.end,
      invoices: finished.invoices,
      free_months: finished.free_months,
      waived_cents: finished.waived_cents,
      total_cents: finished.total_cents,
      skipped: finished.skipped,
      currency: settings.currency,
      errors: [...finished.errors, ...own],
    };
  }

  async #bill(workers: number): Promise<void> {
    // When one worker fails, the others stop at their next batch.
    const failure = new AbortController();
    const signal = AbortSignal.any([this.control.signal, failure.signal]);
    const results = await Promise.allSettled(
      Array.from({ length: workers }, async () => {
        try {
          await this.#billBatches(signal);
        } catch (error) {
          failure.abort();
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    if (!this.#isStopped(this.control.signal)) await this.#sweep();
  }

  /**
   * One worker: claims batches of customers until none is left. While a batch is being issued, the
   * next one is on its way to the database, and the one after it is read and its invoices made.
   */
  async #billBatches(signal: AbortSignal): Promise<void> {
    let claimed = this.#claim(signal);
    // Two batches, so that the database never waits for the way from here to it.
    let [first, second]: Promise<unknown>[] = [];
    try {
      for (;;) {
        const customers = await claimed;
        if (customers.length === 0 || this.#isStopped(signal)) return;
        claimed = this.#claim(signal);
        claimed.catch(() => {});
        const drafts = this.#draft(customers);
        await first;
        if (this.#isStopped(signal)) return;
        first = second;
        second = this.#issue(drafts, signal);
        second.catch(() => {});
      }
    } finally {
      await Promise.all([first, second]);
    }
  }

  #claim(signal: AbortSignal): Promise<UncheckedCustomer[]> {
    const { run, terms, control } = this;
    return this.database.claimBatch(
      run,
      terms.period,
      control.batchSize,
      this.#errors.list,
      signal,
    );
  }

  /**
   * Goes through all customers once more, for those that the first pass did not bill: their facts
   * changed meanwhile, a process died that had claimed them, the answer of a call got lost, or they
   * were activated since.
   */
  async #sweep(): Promise<void> {
    const { batchSize, signal } = this.control;
    for (let sweep = 1; ; sweep += 1) {
      const refused: InvoiceDraft[] = [];
      let after: string | undefined;
      do {
        const page = await this.database.readBatch(
          this.terms.period,
          this.terms.asOf,
          batchSize,
          after,
          signal,
        );
        after = page.next;
        refused.push(...(await this.#issue(this.#draft(page.customers), signal)));
      } while (after !== undefined && !this.#isStopped(signal));
      if (refused.length === 0 || this.#isStopped(signal)) return;
      if (sweep === MAX_SWEEPS) {
        const message = "The account kept changing while it was billed. Run again.";
        for (const { customer_id, service_id } of refused) {
          this.#record({ customer_id, service_id, message });
        }
        return;
      }
      await pause(FIRST_SWEEP_DELAY_MS * 2 ** (sweep - 1), signal);
    }
  }

  #draft(customers: UncheckedCustomer[]): InvoiceDraft[] {
    const hasFailed = (id: string) => this.#errors.has(id);
    const { drafts, failures } = draftInvoices(customers, this.terms, hasFailed);
    for (const failure of failures) this.#record(failure);
    return drafts;
  }

  /**
   * Issues invoices in one transaction. When that fails because of one of them, the batch is halved
   * until that one stands alone. Returns those that the database refused because their facts
   * changed meanwhile.
   */
  async #issue(drafts: InvoiceDraft[], signal: AbortSignal): Promise<InvoiceDraft[]> {
    if (drafts.length === 0) return [];
    const { run, terms } = this;
    try {
      const issued = await this.database.issueInvoices(run, drafts, terms.asOf, signal);
      run.services.done = Math.max(run.services.done, run.skipped + issued.run_invoices);
      this.#report();
      if (issued.refused_customers.length === 0) return [];
      const refused = new Set(issued.refused_customers);
      return drafts.filter(({ customer_id }) => refused.has(customer_id));
    } catch (error) {
      if (!(error instanceof AppError) || FATAL.has(error.code)) throw error;
      const [only, second] = drafts;
      if (only && !second) {
        const { customer_id, service_id } = only;
        this.#record({ customer_id, service_id, message: describe(error) });
        return [];
      }
      const middle = Math.ceil(drafts.length / 2);
      const refused = await this.#issue(drafts.slice(0, middle), signal);
      if (this.#isStopped(signal)) return refused;
      return [...refused, ...(await this.#issue(drafts.slice(middle), signal))];
    }
  }

  #finish(isComplete: boolean) {
    const { asOf } = this.terms;
    const { alertEmail } = this.control;
    const end = { errors: this.#errors.list, asOf, isComplete, alertEmail };
    return this.database.finishRun(this.run, end);
  }

  #isStopped(signal: AbortSignal): boolean {
    return signal.aborted || this.#hasTooManyErrors();
  }

  /**
   * Whether the cause cannot lie in single services any more: very many failed, and more than half
   * of all that there are to bill. With fewer failures, all sound services get their invoice.
   */
  #hasTooManyErrors(): boolean {
    const { count } = this.#errors;
    return count >= MAX_ERRORS && count * 2 > this.run.services.total - this.run.skipped;
  }

  #record(error: BillingError): void {
    this.#errors.add(error);
    const { customer_id, service_id, message } = error;
    const about = { customerId: customer_id, serviceId: service_id, runId: this.run.id, message };
    this.control.log?.warn(about, "a service could not be billed");
    this.#report();
  }

  #report(): void {
    const { total, done } = this.run.services;
    this.control.onProgress({
      services_total: total,
      services_done: done,
      errors: this.#errors.count,
    });
  }
}
