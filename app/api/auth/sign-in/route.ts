import { withEvenRefusals } from "@/lib/access/even-time";
import { homeOf } from "@/lib/access/home";
import { signInSchema } from "@/lib/access/schemas";
import { recordSignIn } from "@/lib/access/sign-in-audit-service";
import { signInService } from "@/lib/composition/services";
import { AppError } from "@/lib/errors";
import { captchaToken, requirePerson } from "@/lib/http/captcha";
import { clientNetwork } from "@/lib/http/client-address";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { enforceRateLimit, enforceSignInLimits, RATE_LIMITS } from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { log } from "@/lib/log";
import type { ServerClient } from "@/lib/supabase/clients";

/** A sign-in is not refused because the audit log is busy, and a flood does not fill the log. */
async function audit(
  server: ServerClient,
  email: string,
  outcome: "succeeded" | "failed",
  address: string | null,
): Promise<void> {
  try {
    await enforceRateLimit(server, RATE_LIMITS.signInAudit, `${outcome}:${email.toLowerCase()}`);
    await recordSignIn(server, email, outcome, address && clientNetwork(address));
  } catch (error) {
    log().warn({ err: error, outcome }, "a sign-in was not audited");
  }
}

export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route(
    {
      access: "public",
      body: signInSchema.extend({ captcha_token: captchaToken }),
      rateLimit: RATE_LIMITS.signIn,
    },
    async ({ body: { email, password, captcha_token }, server, address }) => {
      await requirePerson(captcha_token, address);
      await enforceSignInLimits(server(), email, address);
      const signIn = signInService(server(), await visitorAuth(address));
      const session = await withEvenRefusals(() =>
        signIn.signIn(email, password).catch(async (error: unknown) => {
          const isWrong = error instanceof AppError && error.code === "unauthenticated";
          if (isWrong) await audit(server(), email, "failed", address);
          throw error;
        }),
      );
      if (session.admin) await audit(server(), email, "succeeded", address);
      const { customer, admin, needs_second_factor } = session;
      return { home: homeOf(session), customer, admin, needs_second_factor };
    },
  ),
});
