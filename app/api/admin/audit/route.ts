import { z } from "zod";
import type { AuditAdminService } from "@/lib/admin/audit-admin-service";
import { auditCsv } from "@/lib/admin/audit-csv";
import { type AuditFilter, decodeAuditCursor, encodeAuditCursor } from "@/lib/admin/audit-schemas";
import { callerServices } from "@/lib/composition/services";
import { cursorParam, limitSchema, momentSchema, searchSchema } from "@/lib/http/common-schemas";
import { type CsvPage, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";

const querySchema = z.object({
  q: searchSchema,
  actor: searchSchema,
  action: z
    .string()
    .regex(/^[a-z_]{1,40}(\.[a-z_]{1,40})?$/, "Use an action like reward or reward.granted.")
    .optional(),
  from: momentSchema.optional(),
  to: momentSchema.optional(),
  format: z.enum(["json", "csv"], { error: "Use json or csv." }).default("json"),
  cursor: cursorParam,
  limit: limitSchema(50, 200),
});

/** Rows per round trip of an export. */
const EXPORT_PAGE = 1000;

async function* csvPages(
  audit: AuditAdminService,
  filter: AuditFilter,
  timeZone: string,
): AsyncGenerator<CsvPage> {
  let beforeId: number | undefined;
  do {
    const page = await audit.list(filter, { placeId: beforeId, limit: EXPORT_PAGE });
    const header = beforeId === undefined;
    yield { text: auditCsv(page.entries, { header, timeZone }), rows: page.entries.length };
    beforeId = page.next_before_id ?? undefined;
  } while (beforeId !== undefined);
}

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "audit:view",
      action: "audit.view",
      query: querySchema,
    },
    async ({ session, server, query }) => {
      const services = callerServices(session.client);
      const { audit } = services.admin;
      const { format, cursor, limit, ...filter } = query;
      if (format === "csv") {
        const subject = { name: "audit", actor: session.userId, filter };
        const { time_zone } = await services.readSession();
        return csvResponse(server(), subject, csvPages(audit, filter, time_zone));
      }
      const page = await audit.list(filter, { placeId: decodeAuditCursor(cursor), limit });
      return { entries: page.entries, next_cursor: encodeAuditCursor(page.next_before_id) };
    },
  ),
});
