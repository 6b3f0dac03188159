import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { friendStatusSchema } from "@/lib/referrals/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "user" }, ({ session }) =>
    callerServices(session.client).referrals.getOrCreateReferralCode(),
  ),
  GET: route(
    {
      access: "user",
      query: z.object({ status: friendStatusSchema.optional() }),
      page: { limit: 20, max: 100 },
    },
    ({ session, clock, language, query, page }) =>
      callerServices(session.client, clock, language).referrals.getCustomerReferrals({
        ...query,
        ...page,
      }),
  ),
});
