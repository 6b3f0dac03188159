"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState, useTransition } from "react";
import { sendJson } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

export type SecondFactorCodeProps = {
  factorId: string;
  /** Where to go once the code was right. */
  home: string;
  label?: string;
};

/** Asks for the code of an authenticator app, and goes on once it is right. */
export function SecondFactorCode({ factorId, home, label = "Go on" }: SecondFactorCodeProps) {
  const router = useRouter();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [leaving, startLeaving] = useTransition();

  async function verify(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending || leaving) return;
    const code = String(new FormData(event.currentTarget).get("code") ?? "");
    setFailure(null);
    setSending(true);
    const answer = await sendJson("/api/auth/second-factor/verify", {
      body: { factor_id: factorId, code },
    });
    setSending(false);
    if (!answer.ok) {
      show(answer.fields);
      if (!answer.fields.code) setFailure(answer.message);
      return;
    }
    startLeaving(() => {
      router.replace(home);
      router.refresh();
    });
  }

  return (
    <form ref={form} method="post" onSubmit={verify} noValidate className="flex flex-col gap-5">
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
        </Notice>
      ) : null}
      <Field label="Code" required error={errorOf("code")}>
        <Input
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          onInput={() => clear("code")}
        />
      </Field>
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        disabled={!hydrated}
        loading={sending || leaving}
        loadingLabel="Checking"
      >
        {label}
      </Button>
    </form>
  );
}
