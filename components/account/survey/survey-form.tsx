"use client";

import { type FormEvent, useId, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { FailureMessage } from "@/components/ui/failure-message";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";

const MARKS = [
  [1, "survey.veryDissatisfied"],
  [2, "survey.dissatisfied"],
  [3, "survey.neither"],
  [4, "survey.satisfied"],
  [5, "survey.verySatisfied"],
] as const;

/** Asks once how satisfied the customer is with a free month, from 1 to 5. */
export function SurveyForm({ invoiceNumber }: { invoiceNumber: string }) {
  const t = useTexts("account");
  const hydrated = useHydrated();
  const errorId = useId();
  const [error, setError] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [isSent, setSent] = useState(false);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const form = event.currentTarget;
    const score = Number(new FormData(form).get("score"));
    setFailure(null);
    if (!score) {
      setError(t("survey.choose"));
      form.querySelector<HTMLInputElement>("input")?.focus();
      return;
    }
    setSending(true);
    const answer = await sendJson("/api/customer/survey", {
      body: { invoice_number: invoiceNumber, score },
    });
    setSending(false);
    if (answer.ok) setSent(true);
    else setFailure(sentenceOf(answer));
  }

  if (isSent) {
    return (
      <Notice tone="positive" role="status" title={t("survey.thanks")}>
        {t("survey.thanksText")}
      </Notice>
    );
  }
  return (
    <form method="post" onSubmit={send} noValidate className="flex flex-col gap-4">
      <fieldset aria-describedby={error ? errorId : undefined}>
        <legend className="mb-3 font-medium text-sm">{t("survey.question")}</legend>
        <div className="grid gap-2 sm:grid-cols-5">
          {MARKS.map(([score, label]) => (
            <label
              key={score}
              className="flex min-h-12 cursor-pointer items-center gap-3 rounded-control border border-border-strong px-3 py-2 text-sm has-checked:border-accent has-checked:bg-accent-soft sm:flex-col sm:justify-center sm:gap-1 sm:text-center"
            >
              <input
                type="radio"
                name="score"
                value={score}
                className="size-4 accent-accent"
                onChange={() => setError(null)}
              />
              {t(label)}
            </label>
          ))}
        </div>
        {error ? (
          <p id={errorId} role="alert" className="mt-2 text-negative text-sm">
            {error}
          </p>
        ) : null}
      </fieldset>
      <FailureMessage message={failure} />
      <div>
        <Button
          type="submit"
          disabled={!hydrated}
          loading={sending}
          loadingLabel={t("survey.sending")}
        >
          {t("survey.send")}
        </Button>
      </div>
    </form>
  );
}
