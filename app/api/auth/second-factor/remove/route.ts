import { z } from "zod";
import { secondFactorService } from "@/lib/composition/services";
import { idSchema } from "@/lib/http/common-schemas";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";

/** Takes an authenticator app away. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "browser",
      body: z.object({ factor_id: idSchema }),
      personLimit: RATE_LIMITS.proof,
    },
    async ({ server, address, body }) => {
      await secondFactorService(server(), await visitorAuth(address)).remove(body.factor_id);
      return { removed: true };
    },
  ),
});
