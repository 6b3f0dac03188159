import { secondFactorCodeSchema } from "@/lib/access/schemas";
import { secondFactorService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";

/** A code of an authenticator app: completes a sign-in, or the set-up of the app. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "browser",
      body: secondFactorCodeSchema,
      personLimit: RATE_LIMITS.proof,
    },
    async ({ server, address, body }) => {
      const factors = secondFactorService(server(), await visitorAuth(address));
      await factors.verify(body.factor_id, body.code);
      return { verified: true };
    },
  ),
});
