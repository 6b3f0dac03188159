import { z } from "zod";
import { referralServiceOf } from "@/lib/composition/referral-service-of";
import { endpoint, route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.validate,
      query: z.object({ code: z.string({ error: "Give a code." }) }),
    },
    ({ query, service, clock }) =>
      referralServiceOf(service(), clock).validateReferralCode(query.code),
  ),
});
