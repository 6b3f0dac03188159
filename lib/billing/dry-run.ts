import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import type { BillingDatabase } from "./billing-database";
import type { RunControl } from "./billing-run";
import { type DraftTerms, draftInvoices } from "./drafts";
import { ErrorList, runError } from "./run-errors";
import type { BillingSummary, UncheckedCustomer } from "./schemas";

/** Who looks at the invoices of a dry run as they are made. */
export interface DryRunWatch {
  /** Each batch, in the order of customers and services. */
  onDrafts(drafts: readonly InvoiceDraft[]): Promise<void>;
  /** Free months, by id, that something before this run would use. */
  usedRewards: ReadonlySet<string>;
}

/** Customers without the free months that are used already. */
function withoutRewards(
  customers: UncheckedCustomer[],
  used: ReadonlySet<string>,
): UncheckedCustomer[] {
  if (used.size === 0) return customers;
  const isLeft = (reward: unknown) =>
    !(typeof reward === "object" && reward !== null && "id" in reward) ||
    !used.has(String(reward.id));
  return customers.map((customer) => {
    const { rewards } = customer;
    return Array.isArray(rewards) ? { ...customer, rewards: rewards.filter(isLeft) } : customer;
  });
}

/**
 * Makes the invoices of every customer without one with the rules of a run, and adds them up.
 * Nothing is written. Amounts in cents, VAT included.
 */
export async function dryRun(
  database: BillingDatabase,
  terms: DraftTerms,
  control: RunControl,
  watch?: DryRunWatch,
): Promise<BillingSummary> {
  const { batchSize, signal, log } = control;
  const totals = { invoices: 0, free_months: 0, waived_cents: 0, total_cents: 0, skipped: 0 };
  const errors = new ErrorList();
  let servicesTotal = 0;
  let after: string | undefined;
  const report = () =>
    control.onProgress({
      services_total: servicesTotal,
      services_done: totals.skipped + totals.invoices,
      errors: errors.count,
    });
  do {
    const page = await database.readBatch(terms.period, terms.asOf, batchSize, after, signal);
    if (page.counts) {
      totals.skipped = page.counts.skipped;
      servicesTotal = page.counts.services_total;
    }
    const customers = withoutRewards(page.customers, watch?.usedRewards ?? new Set());
    const { drafts, failures } = draftInvoices(customers, terms, (id) => errors.has(id));
    for (const failure of failures) {
      errors.add(failure);
      const { customer_id: customerId, service_id: serviceId, message } = failure;
      log?.warn({ customerId, serviceId, message }, "a service could not be billed");
    }
    for (const draft of drafts) {
      totals.invoices += 1;
      totals.free_months += draft.is_free_month ? 1 : 0;
      totals.waived_cents += draft.amount_waived_cents;
      totals.total_cents += draft.total_cents;
    }
    if (drafts.length > 0) await watch?.onDrafts(drafts);
    report();
    after = page.next;
  } while (after !== undefined && !signal.aborted);
  if (signal.aborted) errors.add(runError("The dry run was stopped before its end."));
  errors.close();
  return {
    run_id: null,
    period_start: terms.period.start,
    period_end: terms.period.end,
    ...totals,
    currency: terms.settings.currency,
    errors: errors.list,
  };
}
