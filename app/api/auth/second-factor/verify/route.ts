import { z } from "zod";
import { secondFactorService } from "@/lib/composition/services";
import { idSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";

const codeSchema = z
  .string({ error: "Enter the code." })
  .transform((value) => value.replaceAll(/\s/g, ""))
  .pipe(z.string().regex(/^\d{6}$/, "Enter the six digits that the app shows."));

/** A code of an authenticator app: completes a sign-in, or the set-up of the app. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "browser",
      body: z.object({ factor_id: idSchema, code: codeSchema }),
      personLimit: RATE_LIMITS.proof,
    },
    async ({ server, address, body }) => {
      const factors = secondFactorService(server(), await visitorAuth(address));
      await factors.verify(body.factor_id, body.code);
      return { verified: true };
    },
  ),
});
