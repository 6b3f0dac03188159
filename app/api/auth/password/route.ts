import { z } from "zod";
import { signInSchema } from "@/lib/access/schemas";
import { deliverMailsAfterResponse } from "@/lib/composition/after-response";
import { signInService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { passwordSchema } from "@/lib/identity/schemas";
import { createAuthClient } from "@/lib/supabase/clients";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "browser",
      body: z.object({
        password: passwordSchema,
        current_password: signInSchema.shape.password.optional(),
      }),
      personLimit: RATE_LIMITS.proof,
    },
    async ({ body, server, address }) => {
      const auth = await visitorAuth(address);
      const signIn = signInService(server(), auth, createAuthClient(address));
      await signIn.changePassword(body.password, body.current_password);
      deliverMailsAfterResponse();
      return { changed: true };
    },
  ),
});
