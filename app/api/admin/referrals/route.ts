import { z } from "zod";
import type { ReferralAdminService } from "@/lib/admin/referral-admin-service";
import { referralCsv } from "@/lib/admin/referral-csv";
import { callerServices } from "@/lib/composition/services";
import { daySchema, searchSchema } from "@/lib/http/common-schemas";
import { type CsvPage, csvResponse } from "@/lib/http/csv-response";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import type { Cursor } from "@/lib/paging";
import { referralStatusSchema } from "@/lib/referrals/schemas";

const querySchema = z.object({
  status: referralStatusSchema.optional(),
  flagged: z
    .enum(["true", "false"], { error: "Use true or false." })
    .optional()
    .transform((value) => (value === undefined ? undefined : value === "true")),
  q: searchSchema,
  from: daySchema.optional(),
  to: daySchema.optional(),
  sort: z.enum(["-referred_at", "referred_at"]).optional(),
  format: z.enum(["json", "csv"], { error: "Use json or csv." }).default("json"),
});

/** Rows per round trip of an export. */
const EXPORT_PAGE = 1000;

/** All pages of a list: one page is in memory at a time. */
async function* csvPages(
  referrals: ReferralAdminService,
  filter: Parameters<ReferralAdminService["exportReferrals"]>[0],
  timeZone: string,
): AsyncGenerator<CsvPage> {
  let cursor: Cursor | undefined;
  do {
    const page = await referrals.exportReferrals({ ...filter, cursor, limit: EXPORT_PAGE });
    const header = cursor === undefined;
    yield { text: referralCsv(page.referrals, { header, timeZone }), rows: page.referrals.length };
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
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
    async ({ session, server, query, page }) => {
      const services = callerServices(session.client);
      const { referrals } = services.admin;
      const { format, ...filter } = query;
      if (format === "json") return referrals.listReferrals({ ...filter, ...page });
      const subject = { name: "referrals", actor: session.userId, filter };
      const { time_zone } = await services.readSession();
      return csvResponse(server(), subject, csvPages(referrals, filter, time_zone));
    },
  ),
});
