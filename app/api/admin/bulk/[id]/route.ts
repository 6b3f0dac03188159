import { z } from "zod";
import { bulkCsv } from "@/lib/admin/bulk-csv";
import type { BulkService } from "@/lib/admin/bulk-service";
import { callerServices } from "@/lib/composition/services";
import { formatSchema, idParams } from "@/lib/http/common-schemas";
import { type CsvPage, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

/** Rows per round trip of an export. */
const EXPORT_PAGE = 500;

/** All rows of a job: one page is in memory at a time. */
async function* resultPages(bulk: BulkService, id: string): AsyncGenerator<CsvPage> {
  let after = 0;
  for (;;) {
    const { rows } = await bulk.get(id, { after, limit: EXPORT_PAGE, isExport: true });
    yield { text: bulkCsv(rows, { header: after === 0 }), rows: rows.length };
    const last = rows.at(-1);
    if (!last || rows.length < EXPORT_PAGE) return;
    after = last.number;
  }
}

/** A job with its rows after a number; its file needs `data:export`. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "orders:manage",
      action: "bulk.view",
      params: idParams,
      query: z.object({
        after: z.coerce.number({ error: "Use a number." }).int().min(0).max(1_000).default(0),
        limit: z.coerce.number({ error: "Use a number." }).int().min(1).max(200).default(50),
        format: formatSchema,
      }),
    },
    ({ session, server, params, query }) => {
      const { bulk } = callerServices(session.client).admin;
      const { after, limit, format } = query;
      if (format === "json") return bulk.get(params.id, { after, limit });
      const subject = { name: "bulk-job", actor: session.userId, filter: { job: params.id } };
      return csvResponse(server(), subject, resultPages(bulk, params.id));
    },
  ),
});
