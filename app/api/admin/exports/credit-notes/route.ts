import { CREDIT_NOTES_CSV } from "@/lib/billing/report-csv";
import { callerServices } from "@/lib/composition/services";
import { daysSchema } from "@/lib/http/common-schemas";
import { csvPages, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** The credit notes issued on these days, as a file. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "data:export",
      action: "credit_notes.export",
      query: daysSchema,
    },
    ({ session, server, query }) => {
      const { reports } = callerServices(session.client).admin;
      const subject = { name: "credit-notes", actor: session.userId, filter: query };
      const pages = csvPages(CREDIT_NOTES_CSV, (cursor) =>
        reports.exportCreditNotes(query, cursor),
      );
      return csvResponse(server(), subject, pages);
    },
  ),
});
