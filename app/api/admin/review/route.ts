import { z } from "zod";
import { AdminService } from "@/lib/admin/admin-service";
import { cursorParam, limitSchema } from "@/lib/http/common-schemas";
import { endpoint, route } from "@/lib/http/handler";
import { decodeCursor, encodeCursor } from "@/lib/paging";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "referrals:review",
      action: "review.list",
      query: z.object({ cursor: cursorParam, limit: limitSchema(20, 100) }),
    },
    async ({ session, query }) => {
      const page = await new AdminService({ client: session.client }).getReviewQueue({
        limit: query.limit,
        cursor: decodeCursor(query.cursor),
      });
      return { ...page, next_cursor: encodeCursor(page.next_cursor) };
    },
  ),
});
