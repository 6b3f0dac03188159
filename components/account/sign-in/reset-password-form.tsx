"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState, useTransition } from "react";
import { sendJson } from "@/components/api-client";
import { Field } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { toast } from "@/components/ui/toaster";

export type ResetPasswordFormProps = {
  /** For password managers, so that they update the right entry. */
  email: string;
  /** Where to go once the password is saved. */
  home: string;
};

/** Chooses a new password for the account that is signed in. */
export function ResetPasswordForm({ email, home }: ResetPasswordFormProps) {
  const router = useRouter();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<string | null>(null);
  /** Whether the server wants the present password: it does, unless a mailed link led here. */
  const [needsPresent, setNeedsPresent] = useState(false);
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending || leaving) return;
    const data = new FormData(event.currentTarget);
    const password = String(data.get("password") ?? "");
    const current = data.get("current_password");
    setFailure(null);
    if (password.length < 8) {
      show({ password: "Choose a password of at least 8 characters." });
      return;
    }
    setSending(true);
    const answer = await sendJson("/api/auth/password", {
      body: { password, ...(typeof current === "string" ? { current_password: current } : {}) },
    });
    setSending(false);
    if (!answer.ok) {
      show(answer.fields);
      if (answer.fields.current_password) setNeedsPresent(true);
      else if (!answer.fields.password) setFailure(answer.message);
      return;
    }
    toast.success("Your new password is saved.");
    startLeaving(() => {
      router.replace(home);
      router.refresh();
    });
  }

  return (
    <form ref={form} method="post" onSubmit={save} noValidate className="flex flex-col gap-5">
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
        </Notice>
      ) : null}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      {needsPresent ? (
        <Field label="Present password" required error={errorOf("current_password")}>
          <PasswordInput
            name="current_password"
            autoComplete="current-password"
            onInput={() => clear("current_password")}
          />
        </Field>
      ) : null}
      <Field
        label="New password"
        required
        hint="At least 8 characters. A few unrelated words are easy to remember and hard to guess."
        error={errorOf("password")}
      >
        <PasswordInput
          name="password"
          autoComplete="new-password"
          onInput={() => clear("password")}
        />
      </Field>
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        disabled={!hydrated}
        loading={sending || leaving}
        loadingLabel="Saving"
      >
        Save the password
      </Button>
    </form>
  );
}
