import { z } from "zod";
import { referralServiceOf } from "@/lib/composition/referral-service-of";
import { cursorParam, limitSchema } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";
import { decodeCursor, encodeCursor } from "@/lib/paging";

const querySchema = z.object({
  status: z
    .enum(["pending", "active", "qualified", "expired", "cancelled"], {
      error: "Use pending, active, qualified, expired or cancelled.",
    })
    .optional(),
  limit: limitSchema(20, 100),
  cursor: cursorParam,
});

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "user" }, ({ session, clock }) =>
    referralServiceOf(session.client, clock).getOrCreateReferralCode(),
  ),
  GET: route({ access: "user", query: querySchema }, async ({ session, clock, query }) => {
    const page = await referralServiceOf(session.client, clock).getCustomerReferrals({
      status: query.status,
      limit: query.limit,
      cursor: decodeCursor(query.cursor),
    });
    return { ...page, next_cursor: encodeCursor(page.next_cursor) };
  }),
});
