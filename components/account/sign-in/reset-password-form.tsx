"use client";

import { Field } from "@/components/forms/field";
import { PasswordInput } from "@/components/forms/password-input";
import { useLeavingForm } from "@/components/forms/use-leaving-form";
import type { FormAction } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import { toast } from "@/components/ui/toaster";
import type { FormState } from "@/lib/form-state";

export type ResetPasswordFormProps = {
  /** Answers the form on the server. */
  action: FormAction<FormState>;
  /** For password managers, so that they update the right entry. */
  email: string;
  /** Where to go once the password is saved. */
  home: string;
};

/** Chooses a new password for the account that is signed in. */
export function ResetPasswordForm({ action, email, home }: ResetPasswordFormProps) {
  const t = useTexts("auth");
  const { state, formProps, errorOf, clear, isBusy } = useLeavingForm(action, {
    onDone: () => toast.success(t("newPassword.saved")),
  });
  /** Whether the server wants the present password: it does, unless a mailed link led here. */
  const needsPresent =
    state.errors.current_password !== undefined || state.values.needs_present === "1";
  const isBesideField = Object.keys(state.errors).length > 0;
  return (
    <form {...formProps} className="flex flex-col gap-5">
      {state.failure && !isBesideField ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      <input type="hidden" name="home" value={home} />
      {needsPresent ? (
        <>
          <input type="hidden" name="needs_present" value="1" />
          <Field label={t("newPassword.present")} required error={errorOf("current_password")}>
            <PasswordInput
              name="current_password"
              autoComplete="current-password"
              onInput={() => clear("current_password")}
            />
          </Field>
        </>
      ) : null}
      <Field
        label={t("newPassword.new")}
        required
        hint={t("newPassword.hint")}
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
        loading={isBusy}
        loadingLabel={t("newPassword.saving")}
      >
        {t("newPassword.save")}
      </Button>
    </form>
  );
}
