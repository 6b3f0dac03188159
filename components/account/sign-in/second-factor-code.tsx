"use client";

import { Field, Input } from "@/components/forms/field";
import { useLeavingForm } from "@/components/forms/use-leaving-form";
import type { FormAction } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import type { FormState } from "@/lib/form-state";

export type SecondFactorCodeProps = {
  /** Answers the form on the server. */
  action: FormAction<FormState>;
  factorId: string;
  /** Where to go once the code was right. */
  home: string;
  label?: string;
};

/** Asks for the code of an authenticator app, and goes on once it is right. */
export function SecondFactorCode({ action, factorId, home, label }: SecondFactorCodeProps) {
  const t = useTexts("auth");
  const { state, formProps, errorOf, clear, isBusy } = useLeavingForm(action);
  return (
    <form {...formProps} className="flex flex-col gap-5">
      {state.failure && state.errors.code === undefined ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      <input type="hidden" name="factor_id" value={factorId} />
      <input type="hidden" name="home" value={home} />
      <Field label={t("code.label")} required error={errorOf("code")}>
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
        loading={isBusy}
        loadingLabel={t("code.checking")}
      >
        {label ?? t("code.goOn")}
      </Button>
    </form>
  );
}
