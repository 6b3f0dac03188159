import { z } from "zod";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { callerServices } from "@/lib/composition/services";
import { idSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { text } from "@/lib/identity/schemas";
import { sentences } from "@/lib/language/messages/en/sentences";

/** A customer asks that a person looks again at a friend who does not count. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "user",
      params: z.object({ referral_id: idSchema }),
      body: z.object({ reason: text(sentences.enterWhyCounts, 1000, 3) }),
      personLimit: RATE_LIMITS.claim,
    },
    async ({ session, params, body }) => {
      const { appeals } = callerServices(session.client);
      const asked = await appeals.ask(params.referral_id, body.reason);
      deliverMailsAfterResponse();
      return asked;
    },
  ),
});
