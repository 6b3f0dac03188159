import { z } from "zod";
import { signInService } from "@/lib/composition/services";
import { captchaToken, requirePerson } from "@/lib/http/captcha";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { emailSchema } from "@/lib/identity/schemas";
import { createAuthClient } from "@/lib/supabase/clients";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: z.object({ email: emailSchema, captcha_token: captchaToken }),
      rateLimit: RATE_LIMITS.passwordReset,
    },
    async ({ body, server, address }) => {
      await requirePerson(body.captcha_token, address);
      const signIn = signInService(server(), createAuthClient(address));
      await signIn.requestPasswordReset(body.email);
      return { requested: true };
    },
  ),
});
