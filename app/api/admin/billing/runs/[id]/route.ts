import { z } from "zod";
import { RUN_CSV, type RunCsvRow } from "@/lib/billing/report-csv";
import type { BillingReports } from "@/lib/billing/report-service";
import { callerServices } from "@/lib/composition/services";
import { getEnv } from "@/lib/env";
import { formatSchema, idParams } from "@/lib/http/common-schemas";
import { type CsvPage, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import type { Cursor } from "@/lib/paging";

/** The sums of a run, its invoices, and the services that have none; a page of each at a time. */
async function* runPages(reports: BillingReports, runId: string): AsyncGenerator<CsvPage> {
  const site = getEnv().SITE_URL;
  const page = (rows: RunCsvRow[], header = false): CsvPage => ({
    text: RUN_CSV.csv(rows, { header }),
    rows: rows.length,
  });
  const report = await reports.run(runId, { isExport: true });
  yield page([{ row: "run", report, link: `${site}/admin/billing/runs/${runId}` }], true);
  let cursor: Cursor | undefined;
  do {
    const { rows, next_cursor } = await reports.exportRunInvoices(runId, cursor);
    yield page(
      rows.map((invoice) => ({
        row: "invoice",
        invoice,
        link: `${site}/invoices/${encodeURIComponent(invoice.invoice_number)}`,
      })),
    );
    cursor = next_cursor ?? undefined;
  } while (cursor);
  let after: string | undefined;
  do {
    const { rows, next } = await reports.exportLeftOut(runId, after);
    yield page(
      rows.map((leftOut) => ({
        row: "left_out",
        leftOut,
        report,
        link: `${site}/admin/customers/${leftOut.customer_id}/rewards`,
      })),
    );
    after = next;
  } while (after !== undefined);
}

/** One run; its file needs `data:export`. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "billing_run.view",
      params: idParams,
      query: z.object({ format: formatSchema }),
    },
    async ({ session, server, params, query }) => {
      const { billing, reports } = callerServices(session.client).admin;
      if (query.format === "json") return billing.getRun(params.id);
      const subject = { name: "billing-run", actor: session.userId, filter: { run: params.id } };
      return csvResponse(server(), subject, runPages(reports, params.id));
    },
  ),
});
