"use client";

import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { sendJson, sentenceOf, setPasswordPrompt } from "@/components/api-client";
import { Field } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";

/**
 * Asks for the password once more when a dangerous act needs it. The act goes on afterwards, so
 * nothing that was typed is lost.
 */
export function PasswordGate() {
  const formId = useId();
  const answer = useRef<((given: boolean) => void) | null>(null);
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  useEffect(() => {
    setPasswordPrompt(
      () =>
        new Promise((resolve) => {
          answer.current?.(false);
          answer.current = resolve;
          setError(null);
          setOpen(true);
        }),
    );
    return () => setPasswordPrompt(null);
  }, []);

  function settle(given: boolean) {
    answer.current?.(given);
    answer.current = null;
    setOpen(false);
  }

  async function confirm(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    event.stopPropagation();
    if (sending) return;
    const password = String(new FormData(event.currentTarget).get("password") ?? "");
    if (password === "") {
      setError("Enter your password.");
      return;
    }
    setSending(true);
    const result = await sendJson("/api/auth/password/confirm", { body: { password } });
    setSending(false);
    if (result.ok) settle(true);
    else setError(sentenceOf(result));
  }

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (!next) settle(false);
      }}
      locked={sending}
      title="Your password, once more"
      description="This cannot be undone easily, so please show that it is you. You are not asked again for ten minutes."
      footer={
        <>
          <Button onClick={() => settle(false)} disabled={sending}>
            Cancel
          </Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            loading={sending}
            loadingLabel="Checking"
          >
            Go on
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={confirm} noValidate>
        <Field label="Password" error={error} required>
          <PasswordInput
            name="password"
            autoComplete="current-password"
            onInput={() => setError(null)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
