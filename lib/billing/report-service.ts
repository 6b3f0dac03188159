import "server-only";
import { z } from "zod";
import { listArgs, type Page, pageArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { invoicePageSchema } from "./billing-admin-schemas";
import {
  creditNoteExportPageSchema,
  type DayRange,
  invoiceExportPageSchema,
  leftOutSchema,
  liabilitySchema,
  owedRewardPageSchema,
  paymentExportPageSchema,
  runReportSchema,
  vatReportSchema,
} from "./report-schemas";

/** Rows per round trip of an export. */
const EXPORT_PAGE = 1000;

/** Whether a report is read, or leaves as a file: that needs `data:export`. */
interface Reading {
  isExport?: boolean;
}

const daysOf = ({ from, to }: DayRange) => ({ p_from: from, p_to: to });
const exportPage = (cursor: Page["cursor"]) => pageArgs({ cursor, limit: EXPORT_PAGE });

/**
 * What a finance team reads each month, with the admin's own client. Days are of the billing time
 * zone and both ends of a range are included; amounts are cents.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`; those with a range of days
 * `invalid_request` when it ends before it begins.
 */
export class BillingReports {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** VAT by the month supplied and the rate, for the months that hold these days. */
  vat(range: DayRange, { isExport = false }: Reading = {}) {
    const args = { ...daysOf(range), p_is_export: isExport };
    return callRpc(this.deps.client, "admin_get_vat_report", args, vatReportSchema);
  }

  /** What unused free months are worth now, when they expire, and how many end unused. */
  liability() {
    return callRpc(this.deps.client, "admin_get_reward_liability", {}, liabilitySchema);
  }

  /** What a run issued and left out. @throws AppError `not_found` */
  run(runId: string, { isExport = false }: Reading = {}) {
    const args = { p_run_id: runId, p_is_export: isExport };
    return callRpc(this.deps.client, "admin_get_run_report", args, runReportSchema);
  }

  /** The invoices that a run issued, by number. */
  listRunInvoices(runId: string, page: Page & { backward?: boolean }) {
    const args = { p_run_id: runId, ...listArgs(page) };
    return callRpc(this.deps.client, "admin_list_run_invoices", args, invoicePageSchema);
  }

  /** One page of the unused free months, the first to expire first. Needs `data:export`. */
  exportOwedRewards(cursor?: Page["cursor"]) {
    const args = exportPage(cursor);
    return callRpc(this.deps.client, "admin_export_owed_rewards", args, owedRewardPageSchema);
  }

  /** One page of the invoices of a run, by number. Needs `data:export`. */
  exportRunInvoices(runId: string, cursor?: Page["cursor"]) {
    const args = { p_run_id: runId, ...exportPage(cursor) };
    return callRpc(this.deps.client, "admin_export_run_invoices", args, invoiceExportPageSchema);
  }

  /** The next services without an invoice of a run's cycle, by id. Needs `data:export`. */
  async exportLeftOut(runId: string, after?: string) {
    const args = { p_run_id: runId, p_limit: EXPORT_PAGE, ...(after ? { p_after: after } : {}) };
    const schema = z.array(leftOutSchema);
    const rows = await callRpc(this.deps.client, "admin_export_left_out", args, schema);
    return { rows, next: rows.length < EXPORT_PAGE ? undefined : rows.at(-1)?.service_id };
  }

  /** One page of the invoices issued on these days, in the order of their issue. Needs `data:export`. */
  exportInvoices(range: DayRange, cursor?: Page["cursor"]) {
    const args = { ...daysOf(range), ...exportPage(cursor) };
    return callRpc(this.deps.client, "admin_export_invoices", args, invoiceExportPageSchema);
  }

  /** One page of the credit notes issued on these days. Needs `data:export`. */
  exportCreditNotes(range: DayRange, cursor?: Page["cursor"]) {
    const args = { ...daysOf(range), ...exportPage(cursor) };
    return callRpc(this.deps.client, "admin_export_credit_notes", args, creditNoteExportPageSchema);
  }

  /** One page of what was recorded as paid, or taken back, on these days. Needs `data:export`. */
  exportPayments(range: DayRange, cursor?: Page["cursor"]) {
    const args = { ...daysOf(range), ...exportPage(cursor) };
    return callRpc(this.deps.client, "admin_export_payments", args, paymentExportPageSchema);
  }
}
