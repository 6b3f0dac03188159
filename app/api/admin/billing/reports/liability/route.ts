import { z } from "zod";
import { LIABILITY_CSV } from "@/lib/billing/report-csv";
import { callerServices } from "@/lib/composition/services";
import { formatSchema } from "@/lib/http/common-schemas";
import { csvPages, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** What unused free months are worth; the file lists them one by one and needs `data:export`. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "liability_report.view",
      query: z.object({ format: formatSchema }),
    },
    async ({ session, server, query }) => {
      const { reports } = callerServices(session.client).admin;
      if (query.format === "json") return reports.liability();
      const subject = { name: "free-months", actor: session.userId, filter: {} };
      const pages = csvPages(LIABILITY_CSV, async (cursor) => {
        const { rows, currency, next_cursor } = await reports.exportOwedRewards(cursor);
        return { rows: rows.map((row) => ({ ...row, currency })), next_cursor };
      });
      return csvResponse(server(), subject, pages);
    },
  ),
});
