"use client";

import { type FormEvent, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useFocusFirstError } from "@/components/forms/use-focus-first-error";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import type { Program, TermsEffect } from "@/lib/admin/programme-schemas";
import { formatDate } from "@/lib/dates";
import { TermsChangeList } from "./terms-change-list";
import { termsChanges } from "./terms-changes";
import { TermsEffectView } from "./terms-effect";
import { TermsFieldsets } from "./terms-fieldsets";
import { termsOf } from "./terms-form-fields";
import { TermsPreview } from "./terms-preview";
import { useTermsForm } from "./use-terms-form";

export type ProgrammeFormProps = {
  current: Program["current"];
  /** Newest first. */
  versions: Program["versions"];
  /** A version that counts later; there is one at a time. */
  scheduled: Program["scheduled"];
  /** What new terms leave as it is. */
  effect: TermsEffect;
  /** The local day after which a version can be scheduled, `YYYY-MM-DD`. */
  today: string;
  brandName: string;
  /** ISO 4217. */
  currency: string;
};

/** Somebody else saved a version while this form was being filled in. */
function NewerVersionNotice({
  version,
  onKeep,
  onLoad,
}: {
  version: number;
  onKeep: () => void;
  onLoad: () => void;
}) {
  return (
    <Notice
      tone="warning"
      role="status"
      title={`Version ${version} was saved meanwhile`}
      action={
        <div className="flex flex-wrap gap-2">
          <Button size="sm" onClick={onKeep}>
            Keep mine
          </Button>
          <Button size="sm" onClick={onLoad}>
            Load it
          </Button>
        </div>
      }
    >
      Keep what you typed and compare it with the new version, or start from the new version.
    </Notice>
  );
}

/** The terms as a form. Saving makes a new version; existing referrals keep their terms. */
export function ProgrammeForm({
  current,
  versions,
  scheduled,
  effect,
  today,
  brandName,
  currency,
}: ProgrammeFormProps) {
  const element = useRef<HTMLFormElement>(null);
  const form = useTermsForm(current);
  const { terms, isChanged } = form;
  const [asking, setAsking] = useState(false);
  const act = useAction();
  useFocusFirstError(element, form.errors);

  const dayInput = useRef<HTMLInputElement>(null);
  const [day, setDay] = useState("");
  const [dayError, setDayError] = useState<string | null>(null);
  const nextVersion = (versions[0]?.version ?? current.version) + 1;
  const changes = terms ? termsChanges(termsOf(current), terms, currency) : [];

  function submit(event: FormEvent) {
    event.preventDefault();
    form.showErrors();
    if (changes.length > 0) setAsking(true);
  }

  async function save(reason: string) {
    if (!terms) return { ok: false as const, message: "Please check the terms first." };
    const outcome = await act({
      path: "/api/admin/program",
      method: "PUT",
      body: {
        ...terms,
        reason,
        expected_version: form.baseVersion,
        ...(day ? { effective_on: day } : {}),
      },
      done: day ? `New version scheduled from ${formatDate(day, "UTC")}` : "New version saved",
    });
    if (!outcome.ok) return outcome;
    // The form shows the terms in force; a scheduled version stands above it.
    if (day) form.discard();
    else form.showSaved(terms);
    setDay("");
    return outcome;
  }

  function checkDay(): boolean {
    const isWrong = day !== "" && day <= today;
    setDayError(isWrong ? "Choose a day after today, or leave it empty." : null);
    if (isWrong) dayInput.current?.focus();
    return !isWrong;
  }

  return (
    <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
      <form
        ref={element}
        noValidate
        onSubmit={submit}
        className="flex min-w-0 flex-col gap-4 sm:gap-6"
      >
        {form.isOutdated ? (
          <NewerVersionNotice
            version={current.version}
            onKeep={form.keepTyped}
            onLoad={form.discard}
          />
        ) : null}
        <Card aria-labelledby="terms-title">
          <CardHeader
            title="Terms"
            titleId="terms-title"
            description={`Version ${current.version} is in force. Existing referrals keep the terms of their day.`}
          />
          <TermsFieldsets
            draft={form.draft}
            errors={form.errors}
            currency={currency}
            onChange={form.change}
          />
          <div className="mt-8 flex flex-wrap items-center gap-3">
            <Button type="submit" variant="primary" disabled={!isChanged}>
              Save as version {nextVersion}
            </Button>
            {isChanged ? (
              <Button variant="ghost" onClick={form.discard}>
                Discard changes
              </Button>
            ) : (
              <p className="text-sm text-text-muted">Nothing changed yet.</p>
            )}
          </div>
        </Card>
      </form>
      <TermsPreview
        terms={form.previewTerms}
        version={nextVersion}
        brandName={brandName}
        currency={currency}
      />
      <ReasonDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Save version ${nextVersion}`}
        description={
          day
            ? `It applies to referrals from ${formatDate(day, "UTC")} on.`
            : "It applies to referrals from now on."
        }
        draftKey="programme save"
        checkFields={checkDay}
        reasonHint="For colleagues: it stays in the history and in the audit log."
        confirmLabel="Save new version"
        pendingLabel="Saving"
        onConfirm={save}
      >
        <TermsChangeList changes={changes} />
        {scheduled ? (
          <p className="text-sm text-text-muted">
            Version {scheduled.version} is scheduled. What you change now is carried into it, except
            where it changes the same.
          </p>
        ) : (
          <Field
            label="Counts from"
            optional
            hint="Empty: at once. A day: from its beginning, and the terms in force stay until then."
            error={dayError}
          >
            <Input
              ref={dayInput}
              name="effective_on"
              type="date"
              value={day}
              onChange={(event) => {
                setDay(event.target.value);
                setDayError(null);
              }}
            />
          </Field>
        )}
        {terms ? (
          <TermsEffectView effect={effect} versions={versions} terms={terms} currency={currency} />
        ) : null}
      </ReasonDialog>
    </div>
  );
}
