import { homeOf } from "@/lib/access/home";
import { signInSchema } from "@/lib/access/schemas";
import { signInService } from "@/lib/composition/services";
import { captchaToken, requirePerson } from "@/lib/http/captcha";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { enforceSignInLimits, RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: signInSchema.extend({ captcha_token: captchaToken }),
      rateLimit: RATE_LIMITS.signIn,
    },
    async ({ body, server, address }) => {
      await requirePerson(body.captcha_token, address);
      await enforceSignInLimits(server(), body.email, address);
      const signIn = signInService(server(), await visitorAuth(address));
      const session = await signIn.signIn(body.email, body.password);
      return { home: homeOf(session), customer: session.customer, admin: session.admin };
    },
  ),
});
