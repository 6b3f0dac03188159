import { z } from "zod";
import { signInService } from "@/lib/composition/services";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { emailSchema } from "@/lib/identity/schemas";
import { createAuthClient } from "@/lib/supabase/clients";

/** Sends the link that confirms an e-mail address once more. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: z.object({ email: emailSchema }),
      rateLimit: RATE_LIMITS.confirmation,
    },
    async ({ body, server, address }) => {
      const signIn = signInService(server(), createAuthClient(address));
      await signIn.resendConfirmation(body.email);
      return { requested: true };
    },
  ),
});
