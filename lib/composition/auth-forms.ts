import "server-only";
import { z } from "zod";
import { homeOf } from "@/lib/access/home";
import { safeNextPath } from "@/lib/access/next-path";
import { secondFactorCodeSchema, signInSchema } from "@/lib/access/schemas";
import { AppError } from "@/lib/errors";
import { EMPTY_FORM, type FormState, LINK_SENT } from "@/lib/form-state";
import { captchaToken, requirePerson } from "@/lib/http/captcha";
import { answerForm, type PostedForm } from "@/lib/http/form-action";
import { parseInput } from "@/lib/http/input";
import { addressSubject, enforceRateLimit, RATE_LIMITS } from "@/lib/http/rate-limit";
import { readRequestSession, visitorAuth } from "@/lib/http/request-session";
import { emailSchema, passwordSchema } from "@/lib/identity/schemas";
import { createAuthClient } from "@/lib/supabase/clients";
import { deliverMailsAfterResponse } from "./after-response";
import { secondFactorService, signInService } from "./services";
import { signInVisitor } from "./sign-in";

/** The forms of accounts, as they are posted with and without scripts. */

const token = (fields: PostedForm["fields"]) => fields.captcha_token || undefined;

async function resendConfirmation({ fields, server, address }: PostedForm) {
  const { email } = parseInput(z.object({ email: emailSchema }), { email: fields.email });
  await enforceRateLimit(server(), RATE_LIMITS.confirmation, addressSubject(address));
  await signInService(server(), createAuthClient(address)).resendConfirmation(email);
  return { code: LINK_SENT };
}

/** Signs in, or sends the link of an address that waits to be confirmed once more. */
export function answerSignIn(data: FormData): Promise<FormState> {
  const rule = { route: "/sign-in", rateLimit: RATE_LIMITS.signIn, empty: EMPTY_FORM };
  return answerForm(rule, data, async (form) => {
    const { fields, server, address } = form;
    if (fields.intent === "resend") return resendConfirmation(form);
    const given = parseInput(signInSchema.extend({ captcha_token: captchaToken }), {
      email: fields.email ?? "",
      password: fields.password ?? "",
      captcha_token: token(fields),
    });
    const session = await signInVisitor(given, server(), address);
    return { goTo: safeNextPath(fields.next, homeOf(session)) };
  });
}

/** Sends a link by mail. The answer is the same for known and unknown addresses. */
export function answerLinkRequest(
  kind: "recovery" | "confirmation",
  data: FormData,
): Promise<FormState> {
  const isRecovery = kind === "recovery";
  const route = isRecovery ? "/forgot-password" : "/confirm-email";
  return answerForm({ route, empty: EMPTY_FORM }, data, async (form) => {
    if (!isRecovery) return resendConfirmation(form);
    const { fields, server, address } = form;
    const given = parseInput(z.object({ email: emailSchema, captcha_token: captchaToken }), {
      email: fields.email ?? "",
      captcha_token: token(fields),
    });
    await enforceRateLimit(server(), RATE_LIMITS.passwordReset, addressSubject(address));
    await requirePerson(given.captcha_token, address);
    await signInService(server(), createAuthClient(address)).requestPasswordReset(given.email);
    return { code: LINK_SENT };
  });
}

/** Counts a try of the person who is signed in. @throws AppError `unauthenticated`, `rate_limited` */
async function requireProver({ server, address }: PostedForm): Promise<void> {
  const session = await readRequestSession(null, address);
  if (!session) throw new AppError("unauthenticated");
  await enforceRateLimit(server(), RATE_LIMITS.proof, session.userId);
}

/** Chooses a new password for the account that is signed in. */
export function answerNewPassword(data: FormData): Promise<FormState> {
  return answerForm({ route: "/reset-password", empty: EMPTY_FORM }, data, async (form) => {
    const { fields, server, address } = form;
    const given = parseInput(
      z.object({
        password: passwordSchema,
        current_password: signInSchema.shape.password.optional(),
      }),
      { password: fields.password ?? "", current_password: fields.current_password || undefined },
    );
    await requireProver(form);
    const auth = await visitorAuth(address);
    const signIn = signInService(server(), auth, createAuthClient(address));
    await signIn.changePassword(given.password, given.current_password);
    deliverMailsAfterResponse();
    return { goTo: safeNextPath(fields.home, "/dashboard") };
  });
}

/** Takes the code of an authenticator app. */
export function answerSecondFactor(data: FormData): Promise<FormState> {
  return answerForm({ route: "/sign-in/code", empty: EMPTY_FORM }, data, async (form) => {
    const { fields, server, address } = form;
    await requireProver(form);
    const given = parseInput(secondFactorCodeSchema, {
      factor_id: fields.factor_id,
      code: fields.code ?? "",
    });
    const factors = secondFactorService(server(), await visitorAuth(address));
    await factors.verify(given.factor_id, given.code);
    return { goTo: safeNextPath(fields.home, "/dashboard") };
  });
}
