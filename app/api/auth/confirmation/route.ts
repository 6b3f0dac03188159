import { z } from "zod";
import { AccountService } from "@/lib/access/account-service";
import { endpoint, route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { emailSchema } from "@/lib/orders/schemas";
import { createAuthClient } from "@/lib/supabase/clients";

/** Sends the link that confirms an e-mail address once more. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: z.object({ email: emailSchema }),
      rateLimit: RATE_LIMITS.confirmation,
    },
    async ({ body, address, service }) => {
      const auth = createAuthClient(address);
      await new AccountService({ auth, service: service() }).resendConfirmation(body.email);
      return { requested: true };
    },
  ),
});
