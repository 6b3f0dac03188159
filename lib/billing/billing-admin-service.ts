import "server-only";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { type AccountPage, accountPageSchema } from "@/lib/invoicing/account";
import type { InvoiceDraft } from "@/lib/invoicing/invoice";
import { periodContaining } from "@/lib/invoicing/period";
import { type ListPage, listArgs, type Page } from "@/lib/paging";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type BillingPreview,
  billingErrorNamesSchema,
  billingRunDetailsSchema,
  billingRunPageSchema,
  type InvoiceFilter,
  invoicePageSchema,
  type NamedBillingError,
  type PaymentFilter,
  paymentPageSchema,
  unbilledPageSchema,
} from "./billing-admin-schemas";
import type { CompliantBillingService } from "./compliant-billing-service";
import { cycleOfMonth } from "./cycle";
import { type PendingApproval, pendingApprovalSchema } from "./pending-approval";
import { cycleComparisonSchema, PreviewLines, previewFactsOfServicesSchema } from "./preview";
import type { BillingError, RunStatus, StartedCycle } from "./schemas";

interface InvoiceQuery {
  q?: string;
  status?: InvoiceFilter;
  runId?: string;
  /** First day of the month supplied, `YYYY-MM-DD`. */
  cycle?: string;
  customerId?: string;
  from?: string;
  to?: string;
}

/** What billing looks like to admins: reads with the admin's own client. */
export class BillingReader {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** A customer's account. @throws AppError `unauthenticated`, `forbidden`, `not_found` */
  getAccount(customerId: string, page: Page & { backward?: boolean }): Promise<AccountPage> {
    return callRpc(
      this.deps.client,
      "admin_get_account",
      { p_customer_id: customerId, ...listArgs(page) },
      accountPageSchema,
    );
  }

  /** Billing runs, newest first. @throws AppError `unauthenticated`, `forbidden` */
  listRuns({
    status,
    cycle,
    isCompletion,
    ...page
  }: ListPage & {
    status?: RunStatus;
    /** First day of the cycle, `YYYY-MM-DD`. */
    cycle?: string;
    /** Only runs of months that were over, or only others. */
    isCompletion?: boolean;
  }) {
    return callRpc(
      this.deps.client,
      "admin_list_billing_runs",
      { p_status: status, p_cycle: cycle, p_is_completion: isCompletion, ...listArgs(page) },
      billingRunPageSchema,
    );
  }

  /** One run, with its errors by name. @throws AppError `unauthenticated`, `forbidden`, `not_found` */
  getRun(id: string) {
    return callRpc(
      this.deps.client,
      "admin_get_billing_run",
      { p_id: id },
      billingRunDetailsSchema,
    );
  }

  /** Months of services that are due and not billed, oldest first. @throws AppError `unauthenticated`, `forbidden` */
  listUnbilled({ cycle, ...page }: Page & { backward?: boolean; cycle?: string }) {
    const args = { p_cycle: cycle, ...listArgs(page) };
    return callRpc(this.deps.client, "admin_list_unbilled", args, unbilledPageSchema);
  }

  /**
   * Payments in the order in which they were recorded, newest first. `q` finds customers, or is a
   * whole invoice number; `from` and `to` are days of the billing zone, both included.
   * @throws AppError `unauthenticated`, `forbidden`
   */
  listPayments(
    query: ListPage & { q?: string; status?: PaymentFilter; from?: string; to?: string },
  ) {
    return callRpc(
      this.deps.client,
      "admin_list_payments",
      {
        p_q: query.q,
        p_status: query.status,
        p_from: query.from,
        p_to: query.to,
        ...listArgs(query),
      },
      paymentPageSchema,
    );
  }

  /** How many months of services are due and not billed. @throws AppError `unauthenticated`, `forbidden` */
  countUnbilled(): Promise<number> {
    return callRpc(this.deps.client, "admin_count_unbilled", {}, z.number().int());
  }

  /**
   * Invoices, newest first. `q` is the start of an invoice number, or finds customers by name,
   * e-mail, code or phone; every character is literal. `from` and `to` are days of issue.
   * @throws AppError `unauthenticated`, `forbidden`
   */
  listInvoices(query: ListPage & InvoiceQuery) {
    return callRpc(
      this.deps.client,
      "admin_list_invoices",
      {
        p_q: query.q,
        p_status: query.status,
        p_run_id: query.runId,
        p_cycle: query.cycle,
        p_customer_id: query.customerId,
        p_from: query.from,
        p_to: query.to,
        ...listArgs(query),
      },
      invoicePageSchema,
    );
  }
}

export interface BillingOperatorDeps {
  /** The admin's own client: it decides whether they may do this. */
  client: CallerClient;
  server: ServerClient;
  billing: Pick<CompliantBillingService, "runCycle" | "startCycle" | "completeEarlierMonths">;
  clock: Clock;
}

/**
 * What admins with `billing:manage_invoices` do. The permission is asked of the database with the
 * admin's own session first: billing itself runs with the server's rights.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class BillingOperator {
  constructor(private readonly deps: BillingOperatorDeps) {}

  /**
   * What a run of the cycle would do now: the run itself, without its writes. Amounts in cents,
   * VAT included. `period` is `YYYY-MM`; the cycle of the clock's now when left out.
   * @throws AppError `invalid_request`, `billing_period_invalid`, `unavailable`
   */
  async previewCycle(period: string | undefined, signal: AbortSignal): Promise<BillingPreview> {
    await this.#requirePermission();
    const { server, billing, clock } = this.deps;
    const { time_zone } = await callRpc(server, "get_billing_settings", {}, billingSettingsSchema);
    const chosen = period ?? periodContaining(clock(), time_zone).start.slice(0, 7);
    const lines = new PreviewLines(`${chosen}-01`);
    const watch = {
      usedRewards: lines.usedRewards,
      onDrafts: async (drafts: readonly InvoiceDraft[]) =>
        lines.add(drafts, await this.#previewFacts(drafts)),
    };
    // A run does the same first.
    const earlier = await billing.completeEarlierMonths({ period, dryRun: true, watch, signal });
    let servicesTotal = 0;
    const summary = await billing.runCycle({
      period,
      dryRun: true,
      watch,
      signal,
      onProgress: (progress) => {
        servicesTotal = progress.services_total;
      },
    });
    const { currency, skipped, invoices, free_months, waived_cents, total_cents } = summary;
    return {
      ...cycleOfMonth(summary.period_start.slice(0, 7), clock(), time_zone),
      currency,
      services_total: servicesTotal,
      skipped,
      invoices,
      free_months,
      waived_cents,
      total_cents,
      errors: await this.#named(summary.errors),
      completions: lines.completions,
      earlier_errors: await this.#named(earlier.errors),
      credit_cents: lines.creditCents,
      lines: lines.groups,
      comparison: lines.compare(
        await callRpc(
          this.deps.client,
          "admin_compare_cycle",
          { p_period_start: summary.period_start },
          cycleComparisonSchema,
        ),
        { invoices, total_cents },
      ),
    };
  }

  /**
   * Opens a run of the cycle, or joins the one that is under way. Nothing is issued until `work`
   * of what this returns is called: it first bills what earlier months left open. The same key and
   * request open one run.
   * @throws AppError `invalid_request`, `billing_period_invalid`, `billing_cycle_future` and
   *   `billing_cycle_closed` without a reason, `idempotency_key_reused`, `unavailable`;
   *   `password_needed` when a reason forces it and the password was not given within 10 minutes
   */
  async startRun(
    startedBy: string,
    request: { period?: string; forceReason?: string; idempotencyKey?: string },
  ): Promise<StartedCycle | PendingApproval> {
    await this.#requirePermission();
    const { client } = this.deps;
    const { period, forceReason } = request;
    if (forceReason !== undefined) {
      const permission = { p_permission: "billing:manage_invoices" };
      await callRpc(client, "require_recent_password", permission, z.unknown());
    }
    try {
      return await this.#startCycle({ ...request, startedBy });
    } catch (error) {
      const waits = error instanceof AppError && error.code === "approval_needed";
      if (!waits || period === undefined || forceReason === undefined) throw error;
      // A cycle that has not begun: an owner asks, and a second person decides.
      return callRpc(
        client,
        "request_forced_run",
        { p_period_start: `${period}-01`, p_reason: forceReason },
        pendingApprovalSchema,
      );
    }
  }

  /**
   * Opens the run that a second person has approved, in the name of the admin who asked. Repeating
   * it finds the same run.
   * @throws AppError as `startRun` does
   */
  async startApprovedRun(approval: {
    id: string;
    requestedBy: string;
    /** First day of the cycle, `YYYY-MM-DD`. */
    periodStart: string;
    reason: string;
  }): Promise<StartedCycle> {
    await this.#requirePermission();
    return this.#startCycle({
      period: approval.periodStart.slice(0, 7),
      forceReason: approval.reason,
      idempotencyKey: `approval:${approval.id}`,
      startedBy: approval.requestedBy,
    });
  }

  async #startCycle(request: {
    period?: string;
    forceReason?: string;
    idempotencyKey?: string;
    startedBy: string;
  }): Promise<StartedCycle> {
    const { billing } = this.deps;
    const options = { ...request, trigger: "admin" as const };
    const cycle = await billing.startCycle(options);
    return {
      ...cycle,
      work: async () => {
        const { errors } = await billing.completeEarlierMonths(options);
        const summary = await cycle.work();
        return { ...summary, errors: [...errors, ...summary.errors] };
      },
    };
  }

  async #requirePermission(): Promise<void> {
    const allowed = await callRpc(
      this.deps.client,
      "has_permission",
      { p_permission: "billing:manage_invoices" },
      z.boolean(),
    );
    if (!allowed) throw new AppError("forbidden");
  }

  #previewFacts(drafts: readonly InvoiceDraft[]) {
    return callRpc(
      this.deps.client,
      "admin_get_preview_facts",
      {
        p_service_ids: drafts.map(({ service_id }) => service_id),
        p_period_start: drafts[0]?.period_start ?? "",
      },
      previewFactsOfServicesSchema,
    );
  }

  async #named(errors: readonly BillingError[]): Promise<NamedBillingError[]> {
    if (errors.length === 0) return [];
    const ids = (of: (error: BillingError) => string | null) => [
      ...new Set(errors.map(of).filter((id) => id !== null)),
    ];
    const names = await callRpc(
      this.deps.client,
      "admin_name_billing_errors",
      {
        p_customer_ids: ids((error) => error.customer_id),
        p_service_ids: ids((error) => error.service_id),
      },
      billingErrorNamesSchema,
    );
    return errors.map(({ customer_id, service_id, message }) => ({
      customer_id,
      customer_name: names.customers[customer_id ?? ""] ?? null,
      service_id,
      package_name: names.services[service_id ?? ""] ?? null,
      message,
    }));
  }
}
