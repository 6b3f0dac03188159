import { createClient } from "@supabase/supabase-js";
import { describe, expect, it } from "vitest";
import { authError } from "@/lib/access/auth-errors";
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
