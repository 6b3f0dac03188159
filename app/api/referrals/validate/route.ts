import { z } from "zod";
import { serverServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.validate,
      query: z.object({ code: z.string({ error: "Give a code." }) }),
    },
    ({ query, server, clock }) =>
      serverServices(server(), clock).referrals.validateReferralCode(query.code),
  ),
});
