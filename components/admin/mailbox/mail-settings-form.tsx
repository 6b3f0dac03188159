"use client";

import { type FormEvent, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Select } from "@/components/forms/select";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import type { MailSettings, MailSettingsVersion } from "@/lib/admin/mail-settings";
import {
  draftOf,
  hourText,
  MAIL_SETTINGS_FORM,
  type MailSettingsField,
  readDraft,
  settingChanges,
} from "./mail-settings-fields";
import { SettingChanges } from "./setting-changes";

const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  value: String(hour),
  label: hourText(hour),
}));

export type MailSettingsFormProps = { current: MailSettingsVersion; timeZone: string };

/** How mails are sent and kept, as a form. Saving makes a new version. */
export function MailSettingsForm({ current, timeZone }: MailSettingsFormProps) {
  const act = useAction();
  const element = useRef<HTMLFormElement>(null);
  const [base, setBase] = useState(current);
  const [draft, setDraft] = useState(() => draftOf(current));
  const [wanted, setWanted] = useState<MailSettings | null>(null);
  const errors = useFormErrors(element);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(draftOf(base));
  // Somebody else saved a version meanwhile. What is typed here stays.
  const isOutdated = current.version !== base.version && isChanged;
  if (current.version !== base.version && !isChanged) {
    setBase(current);
    setDraft(draftOf(current));
  }

  function change(name: MailSettingsField, value: string) {
    setDraft({ ...draft, [name]: value });
    errors.clear(name);
  }

  function load() {
    setBase(current);
    setDraft(draftOf(current));
    errors.show({});
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    const read = readDraft(draft);
    errors.show(read.errors ?? {});
    setWanted(read.settings);
  }

  async function save(reason: string) {
    const outcome = await act({
      path: "/api/admin/mail-settings",
      method: "PUT",
      body: { ...wanted, reason, expected_version: base.version },
      done: "Mail settings saved",
    });
    if (outcome.result.ok) {
      setBase({ ...base, ...wanted });
    } else if (Object.keys(outcome.result.fields).length > 0) {
      errors.show(outcome.result.fields);
    }
    return outcome;
  }

  return (
    <Card aria-labelledby="settings-title">
      <CardHeader
        title="Settings"
        titleId="settings-title"
        description={`Version ${current.version} is in force. Hours are those of ${timeZone}.`}
      />
      <form ref={element} noValidate onSubmit={submit} className="flex flex-col gap-8">
        {isOutdated ? (
          <Notice
            tone="warning"
            role="status"
            title={`Version ${current.version} was saved meanwhile`}
            action={
              <div className="flex flex-wrap gap-2">
                <Button size="sm" onClick={() => setBase(current)}>
                  Keep mine
                </Button>
                <Button size="sm" onClick={load}>
                  Load it
                </Button>
              </div>
            }
          >
            Keep what you typed and compare it with the new version, or start from the new version.
          </Notice>
        ) : null}
        {MAIL_SETTINGS_FORM.map(({ title, fields }) => (
          <fieldset key={title} className="flex min-w-0 flex-col gap-5">
            <legend className="mb-4 font-medium text-sm text-text-muted">{title}</legend>
            {fields.map(({ name, label, hint, kind }) => (
              <Field
                key={name}
                label={label}
                hint={hint}
                error={errors.errorOf(name)}
                optional={kind === "optional"}
              >
                {kind === "hour" ? (
                  <Select
                    name={name}
                    value={draft[name]}
                    options={HOURS}
                    onValueChange={(value) => change(name, value)}
                    className="max-w-48"
                  />
                ) : (
                  <Input
                    name={name}
                    value={draft[name]}
                    onChange={(event) => change(name, event.target.value)}
                    inputMode="numeric"
                    autoComplete="off"
                    maxLength={7}
                    className="max-w-48"
                  />
                )}
              </Field>
            ))}
          </fieldset>
        ))}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" variant="primary" disabled={!isChanged}>
            Save as version {current.version + 1}
          </Button>
          {isChanged ? (
            <Button variant="ghost" onClick={load}>
              Discard changes
            </Button>
          ) : (
            <p className="text-sm text-text-muted">Nothing changed yet.</p>
          )}
        </div>
      </form>
      <ReasonDialog
        open={wanted !== null}
        onOpenChange={(open) => {
          if (!open) setWanted(null);
        }}
        title="Save the mail settings"
        description="They count from the next mail on."
        reasonHint="For colleagues: it stays in the history and in the audit log."
        confirmLabel="Save"
        pendingLabel="Saving"
        onConfirm={save}
      >
        {wanted ? <SettingChanges changes={settingChanges(current, wanted)} /> : null}
      </ReasonDialog>
    </Card>
  );
}
