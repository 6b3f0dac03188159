import { PAYMENTS_CSV } from "@/lib/billing/report-csv";
import { callerServices } from "@/lib/composition/services";
import { daysSchema } from "@/lib/http/common-schemas";
import { csvPages, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** What was recorded as paid, or taken back, on these days, as a file. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "data:export",
      action: "payments.export",
      query: daysSchema,
    },
    ({ session, server, query }) => {
      const { reports } = callerServices(session.client).admin;
      const subject = { name: "payments", actor: session.userId, filter: query };
      const pages = csvPages(PAYMENTS_CSV, (cursor) => reports.exportPayments(query, cursor));
      return csvResponse(server(), subject, pages);
    },
  ),
});
