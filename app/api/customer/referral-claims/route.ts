import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";

/** A customer says who invited them, when the code was forgotten. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "user",
      body: z.object({
        referral_code: z
          .string({ error: "Enter the code of the person who invited you." })
          .trim()
          .min(1, "Enter the code of the person who invited you.")
          .max(64, "A code is shorter than this."),
      }),
      personLimit: RATE_LIMITS.claim,
    },
    ({ session, body }) => callerServices(session.client).claims.claim(body.referral_code),
  ),
});
