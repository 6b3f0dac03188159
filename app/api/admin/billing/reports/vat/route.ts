import { VAT_CSV } from "@/lib/billing/report-csv";
import { callerServices } from "@/lib/composition/services";
import { daysSchema, formatSchema } from "@/lib/http/common-schemas";
import { csvPages, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** VAT by the month supplied and the rate; the file needs `data:export`. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "vat_report.view",
      query: daysSchema.safeExtend({ format: formatSchema }),
    },
    async ({ session, server, query }) => {
      const { reports } = callerServices(session.client).admin;
      const { format, ...days } = query;
      if (format === "json") return reports.vat(days);
      const subject = { name: "vat", actor: session.userId, filter: days };
      const pages = csvPages(VAT_CSV, async () => {
        const { rows } = await reports.vat(days, { isExport: true });
        return { rows, next_cursor: null };
      });
      return csvResponse(server(), subject, pages);
    },
  ),
});
