import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { referralCsv } from "@/lib/admin/referral-csv";
import { cursorParam, limitSchema, searchSchema } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";
import { type Cursor, decodeCursor, encodeCursor } from "@/lib/paging";
import { referralStatusSchema } from "@/lib/referrals/schemas";

const querySchema = z.object({
  status: referralStatusSchema.optional(),
  flagged: z
    .enum(["true", "false"], { error: "Use true or false." })
    .optional()
    .transform((value) => (value === undefined ? undefined : value === "true")),
  q: searchSchema,
  cursor: cursorParam,
  limit: limitSchema(25, 100),
  format: z.enum(["json", "csv"], { error: "Use json or csv." }).default("json"),
});

/** Rows per round trip of an export. */
const EXPORT_PAGE = 1000;

/** All pages of a list as one CSV stream: memory stays flat, whatever the size. */
function csvResponse(
  admin: AdminService,
  filter: { status?: string; flagged?: boolean; q?: string },
  first: Awaited<ReturnType<AdminService["listReferrals"]>>,
): Response {
  const encoder = new TextEncoder();
  let next: Cursor | null = first.next_cursor;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(referralCsv(first.referrals, { header: true })));
      if (!next) controller.close();
    },
    async pull(controller) {
      if (!next) return;
      const page = await admin.listReferrals({ ...filter, cursor: next, limit: EXPORT_PAGE });
      next = page.next_cursor;
      controller.enqueue(encoder.encode(referralCsv(page.referrals, { header: false })));
      if (!next) controller.close();
    },
  });
  return new Response(stream, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="referrals.csv"',
      "cache-control": "no-store",
    },
  });
}

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "referrals.list",
      query: querySchema,
    },
    async ({ session, query }) => {
      const admin = new AdminService({ client: session.client });
      const filter = { status: query.status, flagged: query.flagged, q: query.q };
      if (query.format === "csv") {
        const first = await admin.listReferrals({ ...filter, limit: EXPORT_PAGE });
        return csvResponse(admin, filter, first);
      }
      const page = await admin.listReferrals({
        ...filter,
        limit: query.limit,
        cursor: decodeCursor(query.cursor),
      });
      return { ...page, next_cursor: encodeCursor(page.next_cursor) };
    },
  ),
});
