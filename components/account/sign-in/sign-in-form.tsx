"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState, useTransition } from "react";
import { sendJson } from "@/components/api-client";
import { CaptchaField, type CaptchaFieldProps, captchaOf } from "@/components/forms/captcha-field";
import { Field, Input } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button, TextLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { safeNextPath } from "@/lib/access/next-path";

export type SignInFormProps = {
  captcha: CaptchaFieldProps["settings"];
  /** Where the visitor wanted to go. Addresses of other sites are ignored. */
  next: string | null;
};

/** Signs in with e-mail address and password, then goes to the page that the visitor wanted. */
export function SignInForm({ next, captcha }: SignInFormProps) {
  const [attempt, setAttempt] = useState(0);
  const router = useRouter();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<string | null>(null);
  /** The address that waits to be confirmed, and whether its link was sent once more. */
  const [unconfirmed, setUnconfirmed] = useState<{ email: string; isSent: boolean } | null>(null);
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending || leaving) return;
    const data = new FormData(event.currentTarget);
    const email = String(data.get("email") ?? "").trim();
    const password = String(data.get("password") ?? "");
    setFailure(null);
    setUnconfirmed(null);
    const missing = {
      ...(email === "" ? { email: "Enter your e-mail address." } : {}),
      ...(password === "" ? { password: "Enter your password." } : {}),
    };
    show(missing);
    if (Object.keys(missing).length > 0) return;

    setSending(true);
    const answer = await sendJson<{ home: string }>("/api/auth/sign-in", {
      body: { email, password, ...captchaOf(data) },
    });
    setSending(false);
    if (!answer.ok) {
      setAttempt((count) => count + 1);
      show(answer.fields);
      if (answer.code === "email_unconfirmed") setUnconfirmed({ email, isSent: false });
      else setFailure(answer.message);
      return;
    }
    startLeaving(() => {
      router.replace(safeNextPath(next, safeNextPath(answer.data.home, "/dashboard")));
      router.refresh();
    });
  }

  async function sendAgain(email: string) {
    if (sending) return;
    setSending(true);
    const answer = await sendJson("/api/auth/confirmation", { body: { email } });
    setSending(false);
    if (answer.ok) setUnconfirmed({ email, isSent: true });
    else setFailure(answer.fields.email ?? answer.message);
  }

  return (
    <form ref={form} method="post" onSubmit={signIn} noValidate className="flex flex-col gap-5">
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
        </Notice>
      ) : null}
      {unconfirmed ? (
        <Notice tone="warning" role="alert" title="Confirm your e-mail address first">
          <p className="wrap-anywhere">
            {unconfirmed.isSent
              ? `A new link to ${unconfirmed.email} is on its way. Open it on any device.`
              : `We sent a link to ${unconfirmed.email}. Open it, and you are signed in.`}
          </p>
          {unconfirmed.isSent ? null : (
            <Button
              className="mt-3"
              onClick={() => void sendAgain(unconfirmed.email)}
              loading={sending}
              loadingLabel="Sending"
            >
              Send the link again
            </Button>
          )}
        </Notice>
      ) : null}
      <Field label="E-mail address" required error={errorOf("email")}>
        <Input
          name="email"
          type="email"
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          onInput={() => clear("email")}
        />
      </Field>
      <Field label="Password" required error={errorOf("password")}>
        <PasswordInput
          name="password"
          autoComplete="current-password"
          onInput={() => clear("password")}
        />
      </Field>
      <CaptchaField settings={captcha} attempt={attempt} />
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        disabled={!hydrated}
        loading={sending || leaving}
        loadingLabel="Signing in"
      >
        Sign in
      </Button>
      <p className="text-sm">
        <TextLink href="/forgot-password">Forgot your password?</TextLink>
      </p>
    </form>
  );
}
