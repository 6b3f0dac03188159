import "server-only";
import { withEvenRefusals } from "@/lib/access/even-time";
import type { Session } from "@/lib/access/schemas";
import { recordSignIn } from "@/lib/access/sign-in-audit-service";
import { AppError } from "@/lib/errors";
import { requirePerson } from "@/lib/http/captcha";
import { clientNetwork } from "@/lib/http/client-address";
import {
  enforceRateLimit,
  enforceRateLimits,
  RATE_LIMITS,
  signInLimits,
} from "@/lib/http/rate-limit";
import { visitorAuth } from "@/lib/http/request-session";
import { log } from "@/lib/log";
import type { ServerClient } from "@/lib/supabase/clients";
import { noteVisitorDevice } from "./device";
import { signInService } from "./services";

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

/**
 * Signs the visitor in, within the limits of their account and with a trace for the team. The owner
 * is told of a device that is new to the account.
 *
 * @param address the visitor's IP address, null when it is not known.
 * @throws AppError `unauthenticated`, `email_unconfirmed`, `captcha_failed`, `rate_limited`,
 *   `unavailable`.
 */
export async function signInVisitor(
  given: { email: string; password: string; captcha_token?: string | undefined },
  server: ServerClient,
  address: string | null,
): Promise<Session> {
  const { email, password, captcha_token } = given;
  await requirePerson(captcha_token, address);
  await enforceRateLimits(server, ...signInLimits(email, address));
  const signIn = signInService(server, await visitorAuth(address));
  const session = await withEvenRefusals(() =>
    signIn.signIn(email, password).catch(async (error: unknown) => {
      const isWrong = error instanceof AppError && error.code === "unauthenticated";
      if (isWrong) await audit(server, email, "failed", address);
      throw error;
    }),
  );
  if (session.admin) await audit(server, email, "succeeded", address);
  await noteVisitorDevice(server, session.user_id);
  return session;
}
