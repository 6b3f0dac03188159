import { homeOf } from "@/lib/access/home";
import { signInSchema } from "@/lib/access/schemas";
import { signInVisitor } from "@/lib/composition/sign-in";
import { captchaToken } from "@/lib/http/captcha";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { RATE_LIMITS } from "@/lib/http/rate-limit";

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: signInSchema.extend({ captcha_token: captchaToken }),
      rateLimit: RATE_LIMITS.signIn,
    },
    async ({ body, server, address }) => {
      const session = await signInVisitor(body, server(), address);
      const { customer, admin, needs_second_factor } = session;
      return { home: homeOf(session), customer, admin, needs_second_factor };
    },
  ),
});
