"use client";

import { useEffect, useRef } from "react";
import { CaptchaField, type CaptchaFieldProps } from "@/components/forms/captcha-field";
import { Field, Input } from "@/components/forms/field";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { Button, LinkButton } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import { EMPTY_FORM, type FormState, LINK_SENT } from "@/lib/form-state";

/** What the link is for: to choose a new password, or to confirm the address. */
const KINDS = {
  recovery: { page: "/forgot-password", sent: "forgot.sent", button: "forgot.send" },
  confirmation: {
    page: "/confirm-email",
    sent: "confirmEmail.sent",
    button: "confirmEmail.send",
  },
} as const;

export type EmailLinkFormProps = {
  kind: keyof typeof KINDS;
  /** Answers the form on the server. */
  action: FormAction<FormState>;
  captcha?: CaptchaFieldProps["settings"];
};

/** Asks for a link by mail. The answer is the same for known and unknown addresses. */
export function EmailLinkForm({ kind, action, captcha = null }: EmailLinkFormProps) {
  const t = useTexts("auth");
  const words = KINDS[kind];
  const confirmation = useRef<HTMLDivElement>(null);
  const { state, formProps, errorOf, clear, pending } = usePostedForm(action, EMPTY_FORM);
  const isSent = state.code === LINK_SENT;

  useEffect(() => {
    if (isSent) confirmation.current?.focus();
  }, [isSent]);

  if (isSent) {
    return (
      <div ref={confirmation} tabIndex={-1} className="flex flex-col gap-6 outline-none">
        <Notice tone="positive" role="status" title={t("checkInbox")}>
          <p className="wrap-anywhere">{t(words.sent, { email: state.values.email ?? "" })}</p>
        </Notice>
        <div className="flex flex-wrap gap-3">
          <LinkButton href="/sign-in">{t("backToSignIn")}</LinkButton>
          {/* A whole new page: the form begins anew, with and without scripts. */}
          <a href={words.page} className={buttonClasses({ variant: "ghost" })}>
            {t("otherAddress")}
          </a>
        </div>
      </div>
    );
  }

  return (
    <form {...formProps} className="flex flex-col gap-5">
      {state.failure ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      <Field label={t("email")} required error={errorOf("email")}>
        <Input
          name="email"
          type="email"
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={state.values.email}
          onInput={() => clear("email")}
        />
      </Field>
      <CaptchaField settings={captcha} attempt={state} />
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        loading={pending !== null}
        loadingLabel={t("signIn.sending")}
      >
        {t(words.button)}
      </Button>
    </form>
  );
}
