import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { sentences } from "@/lib/language/messages/en/sentences";
import { sharedCodeSchema } from "@/lib/referrals/schemas";

/** What a customer has said about a forgotten code, and what they are asked about others. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  GET: route({ access: "user" }, async ({ session, clock }) => {
    const { can_claim, own_claim, claims } = await callerServices(
      session.client,
      clock,
    ).account.getDashboard();
    return { can_claim, own_claim, claims };
  }),
  /** A customer says who invited them, when the code was forgotten. */
  POST: route(
    {
      access: "user",
      body: z.object({
        referral_code: sharedCodeSchema(sentences.enterInvitersCode),
      }),
      personLimit: RATE_LIMITS.claim,
    },
    ({ session, body }) => callerServices(session.client).claims.claim(body.referral_code),
  ),
});
