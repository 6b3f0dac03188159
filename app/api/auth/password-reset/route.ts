import { z } from "zod";
import { callerServices } from "@/lib/composition/services";
import { getEnv } from "@/lib/env";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { cookieClient } from "@/lib/http/request-session";
import { emailSchema } from "@/lib/identity/schemas";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: z.object({ email: emailSchema }),
      rateLimit: RATE_LIMITS.passwordReset,
    },
    async ({ body }) => {
      const redirectTo = `${getEnv().SITE_URL}/api/auth/callback?next=/reset-password`;
      const { signIn } = callerServices(await cookieClient());
      await signIn.requestPasswordReset(body.email, redirectTo);
      return { requested: true };
    },
  ),
});
