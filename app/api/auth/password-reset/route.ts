import { z } from "zod";
import { AccountService } from "@/lib/access/account-service";
import { getEnv } from "@/lib/env";
import { endpoint, route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { cookieClient } from "@/lib/http/request-session";
import { emailSchema } from "@/lib/orders/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: z.object({ email: emailSchema }),
      rateLimit: RATE_LIMITS.passwordReset,
    },
    async ({ body }) => {
      const redirectTo = `${getEnv().SITE_URL}/api/auth/callback?next=/reset-password`;
      const accounts = new AccountService({ client: await cookieClient() });
      await accounts.requestPasswordReset(body.email, redirectTo);
      return { requested: true };
    },
  ),
});
