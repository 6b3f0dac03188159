"use client";

import { type FormEvent, useEffect, useRef, useState } from "react";
import { sendJson } from "@/components/api-client";
import { CaptchaField, type CaptchaFieldProps, captchaOf } from "@/components/forms/captcha-field";
import { Field, Input } from "@/components/forms/field";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button, LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

/** What the link is for: to choose a new password, or to confirm the address. */
const KINDS = {
  recovery: {
    path: "/api/auth/password-reset",
    sent: (email: string) =>
      `If there is an account for ${email}, a link to choose a new password is on its way.`,
    button: "Send the link",
  },
  confirmation: {
    path: "/api/auth/confirmation",
    sent: (email: string) =>
      `If ${email} waits to be confirmed, a new link is on its way. It replaces the earlier ones.`,
    button: "Send a new link",
  },
} as const;

export type EmailLinkFormProps = {
  kind: keyof typeof KINDS;
  captcha?: CaptchaFieldProps["settings"];
};

/** Asks for a link by mail. The answer is the same for known and unknown addresses. */
export function EmailLinkForm({ kind, captcha = null }: EmailLinkFormProps) {
  const [attempt, setAttempt] = useState(0);
  const words = KINDS[kind];
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const confirmation = useRef<HTMLDivElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [sentTo, setSentTo] = useState<string | null>(null);

  useEffect(() => {
    if (sentTo) confirmation.current?.focus();
  }, [sentTo]);

  async function request(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const data = new FormData(event.currentTarget);
    const email = String(data.get("email") ?? "").trim();
    setFailure(null);
    if (email === "") {
      show({ email: "Enter your e-mail address." });
      return;
    }
    setSending(true);
    const answer = await sendJson(words.path, { body: { email, ...captchaOf(data) } });
    setSending(false);
    if (answer.ok) {
      setSentTo(email);
      return;
    }
    setAttempt((count) => count + 1);
    show(answer.fields);
    setFailure(answer.message);
  }

  if (sentTo) {
    return (
      <div ref={confirmation} tabIndex={-1} className="flex flex-col gap-6 outline-none">
        <Notice tone="positive" role="status" title="Please check your inbox">
          <p className="wrap-anywhere">{words.sent(sentTo)}</p>
        </Notice>
        <div className="flex flex-wrap gap-3">
          <LinkButton href="/sign-in">Back to sign in</LinkButton>
          <Button variant="ghost" onClick={() => setSentTo(null)}>
            Use another address
          </Button>
        </div>
      </div>
    );
  }

  return (
    <form ref={form} method="post" onSubmit={request} noValidate className="flex flex-col gap-5">
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
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
      <CaptchaField settings={captcha} attempt={attempt} />
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        disabled={!hydrated}
        loading={sending}
        loadingLabel="Sending"
      >
        {words.button}
      </Button>
    </form>
  );
}
