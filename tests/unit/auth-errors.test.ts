import { createClient } from "@supabase/supabase-js";
import { describe, expect, it } from "vitest";
import { authError, authServerFailure } from "@/lib/access/auth-errors";
import type { AppError } from "@/lib/errors";
import answers from "../support/auth-answers.json";

type Name = keyof typeof answers;

/** What supabase-js makes of an answer that a real auth server gave to a sign-up. */
async function errorOf(
  name: Name,
  fields: Parameters<typeof authError>[1] = {},
): Promise<AppError> {
  const { status, body } = answers[name];
  const { auth } = createClient("http://project.test", "sb_publishable_test", {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: async () => Response.json(body, { status }),
    },
  });
  const { error } = await auth.signUp({ email: "person@example.test", password: "a password" });
  if (!error) throw new Error(`${name} is no refusal`);
  return authError(error, fields);
}

const FORM = { email: "account.email", password: "account.password" };

describe("what the auth server answers", () => {
  it.each<[Name, string, string]>([
    ["signin-unconfirmed-right", "email_unconfirmed", "Open the link"],
    ["signin-unknown", "unauthenticated", "is not right"],
    ["captcha-missing-signup", "captcha_failed", "a person"],
    ["signup-disabled", "sign_up_closed", "New accounts"],
    ["email-disabled-signup", "sign_up_closed", "by e-mail"],
    ["email-disabled-signin", "sign_up_closed", "by e-mail"],
    ["mail-limit-signup", "rate_limited", "another e-mail"],
    ["signup-again-at-once", "rate_limited", "another e-mail"],
    ["refresh-limited", "rate_limited", "a lot of requests"],
    ["mailer-fails-signup", "unavailable", "could not send you an e-mail"],
    ["admin-create-73-bytes", "unavailable", "not available"],
    ["admin-create-taken", "email_taken", "exists already"],
    ["verify-made-up", "link_expired", "used already or is too old"],
    ["verify-used", "link_expired", "used already or is too old"],
    ["refresh-after-logout", "unauthenticated", "session has ended"],
    ["user-after-logout", "unauthenticated", "session has ended"],
    ["admin-read-missing", "unauthenticated", "session has ended"],
    ["signin-banned", "forbidden", "blocked"],
    ["reauthentication-needed", "unauthenticated", "once more"],
    ["current-password-required", "unauthenticated", "once more"],
  ])("%s becomes %s, with a sentence of its own", async (name, code, sentence) => {
    const error = await errorOf(name, FORM);
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expect(error.fields).toBeUndefined();
  });

  it.each<[Name, keyof typeof FORM, string]>([
    ["signup-weak", "password", "longer"],
    ["weak-characters", "password", "Mix"],
    ["signup-73-bytes", "password", "72"],
    ["update-same-password", "password", "differs"],
    ["current-password-wrong", "password", "present password"],
    ["signup-invalid-email", "email", "name@example.com"],
    ["email-invalid-extended", "email", "cannot use"],
    ["email-not-authorized", "email", "cannot send"],
  ])("%s stands beside the %s", async (name, field, sentence) => {
    const error = await errorOf(name, FORM);
    expect(error.code).toBe("invalid_request");
    expect(error.fields).toEqual({ [FORM[field]]: expect.stringContaining(sentence) });
    // Without a form, the sentence is the message.
    expect((await errorOf(name)).message).toContain(sentence);
  });

  it("a leaked password is named as one", () => {
    const error = authError(
      { name: "AuthWeakPasswordError", code: "weak_password", message: "", reasons: ["pwned"] },
      FORM,
    );
    expect(error.fields?.["account.password"]).toContain("leaked");
  });

  it.each([
    ["over_email_send_rate_limit", "rate_limited", "another e-mail"],
    ["over_request_rate_limit", "rate_limited", "requests"],
    ["too_many_enrolled_mfa_factors", "invalid_request", "Remove one first"],
    ["mfa_factor_not_found", "not_found", "could not find"],
    ["mfa_totp_verify_not_enabled", "second_factor_unavailable", ""],
    ["otp_disabled", "link_expired", "ask for a new one"],
    ["flow_state_expired", "link_expired", "ask for a new one"],
    ["insufficient_aal", "unauthenticated", "once more"],
    ["bad_jwt", "unauthenticated", "session has ended"],
    ["no_authorization", "unauthenticated", "session has ended"],
    ["session_not_found", "unauthenticated", "session has ended"],
    ["session_expired", "unauthenticated", "session has ended"],
    ["refresh_token_already_used", "unauthenticated", "session has ended"],
    ["request_timeout", "unavailable", ""],
    ["hook_timeout", "unavailable", ""],
    ["validation_failed", "invalid_request", "check what you entered"],
  ])("the answer %s becomes %s", (code, expected, sentence) => {
    const error = authError({ name: "AuthApiError", status: 400, code, message: "refused" }, FORM);
    expect(error.code).toBe(expected);
    expect(error.message).toContain(sentence);
    expect(error.fields).toBeUndefined();
  });

  it.each([
    ["mfa_challenge_expired", "code", "took too long"],
    ["mfa_verification_rejected", "code", "not right"],
    ["mfa_factor_name_conflict", "name", "of this name already"],
  ])("the answer %s stands beside the field %s", (code, field, sentence) => {
    const error = authError({ name: "AuthApiError", status: 422, code, message: "refused" });
    expect(error).toMatchObject({
      code: "invalid_request",
      fields: { [field]: expect.stringContaining(sentence) },
    });
  });

  it("a weak password without a reason is still explained, beside the present one where asked", () => {
    const weak = { name: "AuthWeakPasswordError", code: "weak_password", message: "" };
    expect(authError(weak, FORM).fields?.["account.password"]).toContain("less common");
    const wrong = { name: "AuthApiError", code: "current_password_invalid", message: "" };
    expect(
      Object.keys(authError(wrong, { ...FORM, currentPassword: "current_password" }).fields ?? {}),
    ).toEqual(["current_password"]);
  });

  it("a session that is missing has ended", () => {
    const missing = { name: "AuthSessionMissingError", status: 400, message: "missing" };
    expect(authError(missing).code).toBe("unauthenticated");
  });

  it("too many requests and a failed server are told from a refusal", () => {
    const answer = { name: "AuthApiError", message: "no" };
    expect(authServerFailure({ ...answer, status: 429 })).toMatchObject({
      code: "rate_limited",
      retryAfter: 60,
    });
    expect(authServerFailure({ ...answer, status: 502 })).toMatchObject({ code: "unavailable" });
    expect(authServerFailure({ ...answer, code: "conflict" })?.code).toBe("unavailable");
    expect(authServerFailure({ ...answer, status: 400, code: "otp_expired" })).toBeNull();
    expect(authServerFailure(answer)).toBeNull();
  });

  it("says how long to wait, when the auth server says it", () => {
    const limited = (message: string) =>
      authError({ name: "AuthApiError", status: 429, code: "over_email_send_rate_limit", message });
    expect(limited("you can only request this after 42 seconds.").retryAfter).toBe(42);
    expect(limited("you can only request this after 0 seconds.").retryAfter).toBe(1);
    expect(limited("email rate limit exceeded").retryAfter).toBe(60);
  });

  it("nobody answering is an outage, and what is not known is ours to look at", () => {
    const unreachable = { name: "AuthRetryableFetchError", status: 0, message: "fetch failed" };
    expect(authError(unreachable).code).toBe("unavailable");
    const unknown = {
      name: "AuthApiError",
      status: 418,
      code: "teapot",
      message: "short and stout",
    };
    expect(authError(unknown)).toMatchObject({ code: "internal", cause: unknown });
  });
});
