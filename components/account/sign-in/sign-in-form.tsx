"use client";

import { CaptchaField, type CaptchaFieldProps } from "@/components/forms/captcha-field";
import { Field, Input } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { useLeavingForm } from "@/components/forms/use-leaving-form";
import type { FormAction } from "@/components/forms/use-posted-form";
import { Button, TextLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import { type FormState, LINK_SENT } from "@/lib/form-state";

export type SignInFormProps = {
  /** Answers the form on the server. */
  action: FormAction<FormState>;
  captcha: CaptchaFieldProps["settings"];
  /** Where the visitor wanted to go. Addresses of other sites are ignored. */
  next: string | null;
};

/** Signs in with e-mail address and password, then goes to the page that the visitor wanted. */
export function SignInForm({ action, next, captcha }: SignInFormProps) {
  const t = useTexts("auth");
  const { state, formProps, errorOf, clear, pending, isBusy } = useLeavingForm(action);
  const isUnconfirmed = state.code === "email_unconfirmed";
  const isSent = state.code === LINK_SENT;
  return (
    <form {...formProps} className="flex flex-col gap-5">
      {/* Enter presses the first button of a form. */}
      <button
        type="submit"
        name="intent"
        value="sign_in"
        tabIndex={-1}
        aria-hidden="true"
        className="sr-only"
      />
      {state.failure && !isUnconfirmed ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      {isUnconfirmed || isSent ? (
        <Notice tone="warning" role="alert" title={t("signIn.confirmFirst")}>
          <p className="wrap-anywhere">
            <span>
              {t(isSent ? "signIn.newLinkSent" : "signIn.linkSent", {
                email: state.values.email ?? "",
              })}
            </span>
          </p>
          {isSent ? null : (
            <Button
              type="submit"
              name="intent"
              value="resend"
              className="mt-3"
              loading={pending === "resend"}
              loadingLabel={t("signIn.sending")}
            >
              {t("signIn.sendAgain")}
            </Button>
          )}
        </Notice>
      ) : null}
      {next === null ? null : <input type="hidden" name="next" value={next} />}
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
      <Field label={t("password")} required error={errorOf("password")}>
        <PasswordInput
          name="password"
          autoComplete="current-password"
          onInput={() => clear("password")}
        />
      </Field>
      <CaptchaField settings={captcha} attempt={state} />
      <Button
        type="submit"
        name="intent"
        value="sign_in"
        variant="primary"
        size="lg"
        block
        loading={isBusy && pending !== "resend"}
        loadingLabel={t("signIn.signingIn")}
      >
        {t("signIn.title")}
      </Button>
      <p className="text-sm">
        <TextLink href="/forgot-password">{t("signIn.forgot")}</TextLink>
      </p>
    </form>
  );
}
