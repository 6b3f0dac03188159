import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { claimStatusSchema } from "@/lib/referrals/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "admin",
      permission: "customers:view",
      action: "claims.list",
      query: z.object({ status: claimStatusSchema.optional() }),
      page: { limit: 25, max: 100 },
    },
    ({ session, query, page }) =>
      callerServices(session.client).admin.referrals.listClaims({ ...query, ...page }),
  ),
});
