import { INVOICES_CSV } from "@/lib/billing/report-csv";
import { callerServices } from "@/lib/composition/services";
import { daysSchema } from "@/lib/http/common-schemas";
import { csvPages, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** The invoices issued on these days, as a file. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "data:export",
      action: "invoices.export",
      query: daysSchema,
    },
    ({ session, server, query }) => {
      const { reports } = callerServices(session.client).admin;
      const subject = { name: "invoices", actor: session.userId, filter: query };
      const pages = csvPages(INVOICES_CSV, (cursor) => reports.exportInvoices(query, cursor));
      return csvResponse(server(), subject, pages);
    },
  ),
});
