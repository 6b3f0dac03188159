"use client";

import { type FormEvent, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useFocusFirstError } from "@/components/forms/use-focus-first-error";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import type { Program } from "@/lib/admin/programme-schemas";
import { TermsChangeList } from "./terms-change-list";
import { termsChanges } from "./terms-changes";
import { TermsFieldsets } from "./terms-fieldsets";
import { termsOf } from "./terms-form-fields";
import { TermsPreview } from "./terms-preview";
import { useTermsForm } from "./use-terms-form";

export type ProgrammeFormProps = {
  current: Program["current"];
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
export function ProgrammeForm({ current, brandName, currency }: ProgrammeFormProps) {
  const element = useRef<HTMLFormElement>(null);
  const form = useTermsForm(current);
  const { terms, isChanged } = form;
  const [asking, setAsking] = useState(false);
  const act = useAction();
  useFocusFirstError(element, form.errors);

  const nextVersion = current.version + 1;
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
      body: { ...terms, reason, expected_version: form.baseVersion },
      done: "New version saved",
    });
    if (outcome.ok) form.showSaved(terms);
    return outcome;
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
        description="It applies to referrals from now on."
        reasonHint="For colleagues: it stays in the history and in the audit log."
        confirmLabel="Save new version"
        pendingLabel="Saving"
        onConfirm={save}
      >
        <TermsChangeList changes={changes} />
      </ReasonDialog>
    </div>
  );
}
