"use client";

import { type FormEvent, useMemo, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useFocusFirstError } from "@/components/forms/use-focus-first-error";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import type { Program } from "@/lib/admin/schemas";
import { describeTerms } from "@/lib/programme/terms";
import { TermsChanges } from "./terms-changes";
import {
  type DraftErrors,
  draftOf,
  type EditableTerms,
  readDraft,
  TERMS_FORM,
  type TermsField,
  termsChanges,
  termsOf,
} from "./terms-fields";

export type ProgrammeFormProps = {
  current: Program["current"];
  brandName: string;
  /** ISO 4217. */
  currency: string;
};

function Preview({
  terms,
  version,
  brandName,
  currency,
}: {
  terms: EditableTerms;
  version: number;
  brandName: string;
  currency: string;
}) {
  const sections = describeTerms({ ...terms, version }, { brandName, currency });
  return (
    <Card
      aria-labelledby="preview-title"
      // A region that scrolls must be reachable by keyboard.
      tabIndex={0}
      className="lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:overflow-y-auto"
    >
      <CardHeader
        title="What customers will read"
        titleId="preview-title"
        description="The rules in plain words, made from the terms as they stand in the form."
      />
      <dl className="flex flex-col gap-4 text-sm">
        {sections.map((section) => (
          <div key={section.title}>
            <dt className="font-medium">{section.title}</dt>
            <dd className="mt-1 text-text-muted">{section.body}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** The terms as a form. Saving makes a new version; referrals that exist keep theirs. */
export function ProgrammeForm({ current, brandName, currency }: ProgrammeFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [base, setBase] = useState(current);
  const [draft, setDraft] = useState(() => draftOf(current));
  const [errors, setErrors] = useState<DraftErrors | null>(null);
  const [asking, setAsking] = useState(false);
  const act = useAction();
  useFocusFirstError(form, errors);

  const read = useMemo(() => readDraft(draft, current.is_paused), [draft, current.is_paused]);
  const [lastValid, setLastValid] = useState<EditableTerms>(() => termsOf(current));
  const preview = read.terms ?? lastValid;
  const changes = read.terms ? termsChanges(termsOf(current), read.terms, currency) : [];
  const isChanged = JSON.stringify(draft) !== JSON.stringify(draftOf(current));

  // A newer version arrived. What is being typed stays, unless it says the same or nothing new.
  const isOutdated = current.version !== base.version;
  const isUntouched = JSON.stringify(draft) === JSON.stringify(draftOf(base));
  if (isOutdated && (isUntouched || !isChanged)) {
    setBase(current);
    setDraft(draftOf(current));
  }

  function change(name: TermsField, value: string) {
    const next = { ...draft, [name]: value };
    setDraft(next);
    const result = readDraft(next, current.is_paused);
    if (result.terms) setLastValid(result.terms);
    // Once shown, a problem goes away as soon as it is solved; new ones wait for the next try.
    if (errors?.[name] && !result.errors?.[name]) setErrors({ ...errors, [name]: undefined });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    setErrors(read.errors ?? {});
    if (read.terms && changes.length > 0) setAsking(true);
  }

  return (
    <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
      <form
        ref={form}
        noValidate
        onSubmit={submit}
        className="flex min-w-0 flex-col gap-4 sm:gap-6"
      >
        {isOutdated && isChanged ? (
          <Notice
            tone="warning"
            role="status"
            title={`Version ${current.version} was saved meanwhile`}
            action={
              <div className="flex flex-wrap gap-2">
                <Button size="sm" onClick={() => setBase(current)}>
                  Keep mine
                </Button>
                <Button
                  size="sm"
                  onClick={() => {
                    setBase(current);
                    setDraft(draftOf(current));
                    setErrors(null);
                  }}
                >
                  Load it
                </Button>
              </div>
            }
          >
            Keep what you typed and compare it with the new version, or start from the new version.
          </Notice>
        ) : null}
        <Card aria-labelledby="terms-title">
          <CardHeader
            title="Terms"
            titleId="terms-title"
            description={`Version ${current.version} is in force. Referrals that exist keep the terms of their day.`}
          />
          <div className="flex flex-col gap-8">
            {TERMS_FORM.map((group) => (
              <fieldset key={group.title} className="flex min-w-0 flex-col gap-5">
                <legend className="mb-4 font-medium text-sm text-text-muted">{group.title}</legend>
                {group.fields.map((field) => (
                  <Field
                    key={field.name}
                    label={
                      field.kind === "money"
                        ? `${field.label} (${currency === "ZAR" ? "R" : currency})`
                        : field.label
                    }
                    hint={field.hint}
                    error={errors?.[field.name]}
                    optional={field.kind === "money"}
                  >
                    <Input
                      name={field.name}
                      value={draft[field.name]}
                      onChange={(event) => change(field.name, event.target.value)}
                      inputMode={
                        field.kind === "number"
                          ? "numeric"
                          : field.kind === "money"
                            ? "decimal"
                            : "text"
                      }
                      autoComplete="off"
                      maxLength={16}
                      className="max-w-48"
                    />
                  </Field>
                ))}
              </fieldset>
            ))}
          </div>
          <div className="mt-8 flex flex-wrap items-center gap-3">
            <Button type="submit" variant="primary" disabled={!isChanged}>
              Save as version {current.version + 1}
            </Button>
            {isChanged ? (
              <Button
                variant="ghost"
                onClick={() => {
                  setDraft(draftOf(current));
                  setErrors(null);
                }}
              >
                Discard changes
              </Button>
            ) : (
              <p className="text-sm text-text-muted">Nothing changed yet.</p>
            )}
          </div>
        </Card>
      </form>
      <Preview
        terms={preview}
        version={current.version + 1}
        brandName={brandName}
        currency={currency}
      />
      <ReasonDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Save version ${current.version + 1}`}
        description="It applies to referrals from now on."
        reasonHint="For colleagues: it stays in the history and in the audit log."
        confirmLabel="Save new version"
        pendingLabel="Saving"
        onConfirm={async (reason) => {
          if (!read.terms) return { ok: false, message: "Please check the terms first." };
          const outcome = await act({
            path: "/api/admin/program",
            method: "PUT",
            body: { ...read.terms, reason, expected_version: base.version },
            done: "New version saved",
          });
          // As it was saved: what was typed as "ref" reads "REF".
          if (outcome.ok) setDraft(draftOf(read.terms));
          return outcome;
        }}
      >
        <TermsChanges changes={changes} />
      </ReasonDialog>
    </div>
  );
}
