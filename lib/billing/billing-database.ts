import { z } from "zod";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import type { BillingPeriod } from "@/lib/invoicing/period";
import {
  type BillingSettings,
  billingSettingsSchema,
  type CycleSettings,
  cycleSettingsSchema,
} from "@/lib/programme/billing-settings";
import type { ServerClient } from "@/lib/supabase/clients";
import type { Json } from "@/lib/supabase/database.types";
import { retryWhileUnavailable } from "@/lib/supabase/retry";
import { callRpc, type FunctionName } from "@/lib/supabase/rpc";
import {
  type BillingError,
  billingBatchSchema,
  finishedRunSchema,
  issuedBatchSchema,
  monthsToCompleteSchema,
  type RunTrigger,
  startedRunSchema,
  unbilledMonthsSchema,
} from "./schemas";

/** How the database knows this process's part of a run. */
export interface RunIdentity {
  id: string;
  /** Tells this process from others that work on the run. */
  process: string;
}

/**
 * The database calls of a billing run. Each may be repeated, so each is repeated while the database
 * is unavailable: what was done by a call whose answer got lost is found done.
 *
 * All methods raise AppError; `unavailable` after about a minute.
 */
export class BillingDatabase {
  constructor(private readonly client: ServerClient) {}

  readSettings(signal?: AbortSignal): Promise<BillingSettings> {
    return this.#call("get_billing_settings", {}, billingSettingsSchema, signal);
  }

  /** The settings on the first day of a cycle (`YYYY-MM-DD`). */
  readCycleSettings(periodStart: string, signal?: AbortSignal): Promise<CycleSettings> {
    const args = { p_period_start: periodStart };
    return this.#call("get_cycle_settings", args, cycleSettingsSchema, signal);
  }

  /** First days of the months over at `asOf` in which something is unbilled, the oldest first. */
  monthsToComplete(asOf: Date, signal?: AbortSignal): Promise<string[]> {
    const args = { p_as_of: asOf.toISOString() };
    return this.#call("months_to_complete", args, monthsToCompleteSchema, signal);
  }

  /** How many services are unbilled at `asOf`, by month. */
  unbilledMonths(asOf: Date, signal?: AbortSignal) {
    const args = { p_as_of: asOf.toISOString() };
    return this.#call("get_unbilled_months", args, unbilledMonthsSchema, signal);
  }

  /** Mails the admins what is unbilled at `asOf`, once a day. Whether there was something to say. */
  alertUnbilled(asOf: Date, alertEmail: string): Promise<boolean> {
    const args = { p_alert_email: alertEmail, p_as_of: asOf.toISOString() };
    return this.#call("alert_unbilled", args, z.boolean());
  }

  /** Opens a run of the cycle, or joins the open one. `run.process` is the id of a new run. */
  startRun(
    run: {
      process: string;
      period: BillingPeriod;
      asOf: Date;
      trigger: RunTrigger;
      rewardsEnabled: boolean;
      alertEmail: string | undefined;
      startedBy: string | undefined;
      forceReason: string | undefined;
      idempotencyKey: string | undefined;
    },
    signal: AbortSignal,
  ) {
    return this.#call(
      "start_billing_run",
      {
        p_period_start: run.period.start,
        p_period_end: run.period.end,
        p_ends_at: run.period.endsAt.toISOString(),
        p_trigger: run.trigger,
        p_rewards_enabled: run.rewardsEnabled,
        p_as_of: run.asOf.toISOString(),
        p_run_id: run.process,
        ...(run.alertEmail ? { p_alert_email: run.alertEmail } : {}),
        ...(run.startedBy ? { p_actor: run.startedBy } : {}),
        ...(run.forceReason === undefined ? {} : { p_force_reason: run.forceReason }),
        ...(run.idempotencyKey ? { p_idempotency_key: run.idempotencyKey } : {}),
      },
      startedRunSchema,
      signal,
    );
  }

  /** The next customers that nobody bills yet. Keeps the errors so far with the run. */
  async claimBatch(
    run: RunIdentity,
    period: BillingPeriod,
    limit: number,
    errors: BillingError[],
    signal: AbortSignal,
  ) {
    const { customers } = await this.#call(
      "claim_billing_batch",
      {
        p_run_id: run.id,
        p_ends_at: period.endsAt.toISOString(),
        p_limit: limit,
        p_process: run.process,
        p_errors: errors,
      },
      billingBatchSchema,
      signal,
    );
    return customers;
  }

  /**
   * A page of the customers without an invoice of the cycle, in the order of their ids. `next` is
   * where the following page starts; undefined after the last one.
   */
  async readBatch(
    period: BillingPeriod,
    asOf: Date,
    limit: number,
    after: string | undefined,
    signal: AbortSignal,
  ) {
    const batch = await this.#call(
      "read_billing_batch",
      {
        p_period_start: period.start,
        p_ends_at: period.endsAt.toISOString(),
        p_as_of: asOf.toISOString(),
        p_limit: limit,
        ...(after === undefined ? {} : { p_after: after }),
      },
      billingBatchSchema,
      signal,
    );
    const { customers } = batch;
    return { ...batch, next: customers.length < limit ? undefined : customers.at(-1)?.customer_id };
  }

  /** Issues invoices in one transaction. */
  issueInvoices(
    run: RunIdentity,
    drafts: readonly InvoiceDraft[],
    asOf: Date,
    signal: AbortSignal,
  ) {
    return this.#call(
      "issue_invoices",
      {
        p_run_id: run.id,
        // As text: the data API passes a text on without parsing it.
        p_invoices: JSON.stringify(drafts.map(invoiceRow)),
        p_as_of: asOf.toISOString(),
        p_process: run.process,
      },
      issuedBatchSchema,
      signal,
    );
  }

  /** Closes the run; one that is not complete only when no other process works on it. */
  finishRun(
    run: RunIdentity,
    end: {
      errors: BillingError[];
      asOf: Date;
      isComplete: boolean;
      alertEmail: string | undefined;
    },
  ) {
    // Without a signal: what stopped the run must not stop its closing.
    return this.#call(
      "finish_billing_run",
      {
        p_run_id: run.id,
        p_errors: end.errors,
        p_as_of: end.asOf.toISOString(),
        p_process: run.process,
        p_is_complete: end.isComplete,
        ...(end.alertEmail ? { p_alert_email: end.alertEmail } : {}),
      },
      finishedRunSchema,
    );
  }

  #call<N extends FunctionName, S extends z.ZodType>(
    name: N,
    args: Parameters<typeof callRpc<N, S>>[2],
    schema: S,
    signal?: AbortSignal,
  ): Promise<z.infer<S>> {
    return retryWhileUnavailable(() => callRpc(this.client, name, args, schema), signal);
  }
}

/**
 * A draft as `issue_invoices` takes it. What is left out is null, 0, or follows from the run: in a
 * large run most of the time is spent on passing these texts on.
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
    ...(draft.revision === 0 ? {} : { revision: draft.revision }),
    vat_bps: draft.vat_bps,
    line_items: draft.line_items,
    subtotal_cents: draft.subtotal_cents,
    vat_cents: draft.vat_cents,
    total_cents: draft.total_cents,
    amount_due_cents: draft.amount_due_cents,
    ...(referral_reward_id === null
      ? {}
      : {
          referral_reward_id,
          amount_waived_cents: draft.amount_waived_cents,
          reward_treatment: draft.reward_treatment,
          reward_description: draft.reward_description,
        }),
  };
}
