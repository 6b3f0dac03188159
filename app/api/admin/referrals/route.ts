import { z } from "zod";
import type { ReferralAdminService } from "@/lib/admin/referral-admin-service";
import { referralCsv } from "@/lib/admin/referral-csv";
import { callerServices } from "@/lib/composition/services";
import { searchSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import type { Cursor } from "@/lib/paging";
import { type ReferralStatus, referralStatusSchema } from "@/lib/referrals/schemas";

const querySchema = z.object({
  status: referralStatusSchema.optional(),
  flagged: z
    .enum(["true", "false"], { error: "Use true or false." })
    .optional()
    .transform((value) => (value === undefined ? undefined : value === "true")),
  q: searchSchema,
  format: z.enum(["json", "csv"], { error: "Use json or csv." }).default("json"),
});

/** Rows per round trip of an export. */
const EXPORT_PAGE = 1000;

/** All pages of a list as one CSV stream: one page is in memory at a time. */
function csvResponse(
  referrals: ReferralAdminService,
  filter: { status?: ReferralStatus; flagged?: boolean; q?: string },
  first: Awaited<ReturnType<ReferralAdminService["listReferrals"]>>,
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
      const page = await referrals.listReferrals({ ...filter, cursor: next, limit: EXPORT_PAGE });
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
      page: { limit: 25, max: 100 },
    },
    async ({ session, query, page }) => {
      const { referrals } = callerServices(session.client).admin;
      const { format, ...filter } = query;
      if (format === "json") return referrals.listReferrals({ ...filter, ...page });
      const first = await referrals.listReferrals({ ...filter, limit: EXPORT_PAGE });
      return csvResponse(referrals, filter, first);
    },
  ),
});
