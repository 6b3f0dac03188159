import { z } from "zod";
import { callerServices, serverServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { readRequestSession } from "@/lib/http/request-session";
import { sentences } from "@/lib/language/messages/en/sentences";

/**
 * Whether a code can be used. Somebody who is signed in is also told when it is their own code, or
 * when they are a customer already, to whom no invitation applies.
 */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route(
    {
      access: "public",
      rateLimit: RATE_LIMITS.validate,
      query: z.object({ code: z.string({ error: sentences.giveCode }) }),
    },
    async ({ query, request, server, clock, address }) => {
      const session = await readRequestSession(request.headers.get("authorization"), address);
      if (session) {
        const { referrals } = callerServices(session.client, clock);
        const standing = await referrals.getInvitationStanding(query.code);
        if (standing !== "prospect") return { valid: false, standing };
      }
      return serverServices(server(), clock).referrals.validateReferralCode(query.code);
    },
  ),
});
