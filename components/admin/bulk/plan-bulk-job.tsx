"use client";

import { useRouter } from "next/navigation";
import { type ChangeEvent, type FormEvent, useRef, useState } from "react";
import { sendJson } from "@/components/api-client";
import { Checkbox } from "@/components/forms/checkbox";
import { Field, Input, Textarea } from "@/components/forms/field";
import { reasonError } from "@/components/forms/reason";
import { Select } from "@/components/forms/select";
import { forgetTyped, useTypedDraft } from "@/components/forms/typed-draft";
import { useFocusFirstError } from "@/components/forms/use-focus-first-error";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { FailureMessage } from "@/components/ui/failure-message";
import { BULK_ACTS, type BulkAct, type BulkJob } from "@/lib/admin/bulk-schemas";
import { BULK_ACT_WORDS } from "@/lib/admin/bulk-words";
import { BULK_FILTERS } from "./bulk-filter-words";

const DRAFT = "bulk plan";

type Errors = Readonly<Record<string, string | undefined>>;

export type PlanBulkJobProps = { packages: readonly { slug: string; name: string }[] };

const isExtension = (act: BulkAct) => act === "extend_referral" || act === "extend_reward";

/** Plans a bulk job: what to do, for whom, and why. Nothing is done by it. */
export function PlanBulkJob({ packages }: PlanBulkJobProps) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [actText, setAct] = useTypedDraft(DRAFT, "act");
  const [source, setSource] = useTypedDraft(DRAFT, "source");
  const [text, setText] = useTypedDraft(DRAFT, "text");
  const [from, setFrom] = useTypedDraft(DRAFT, "from");
  const [to, setTo] = useTypedDraft(DRAFT, "to");
  const [service, setService] = useTypedDraft(DRAFT, "package");
  const [until, setUntil] = useTypedDraft(DRAFT, "until");
  const [reason, setReason] = useTypedDraft(DRAFT, "reason");
  const [confirmRecent, setConfirmRecent] = useState(false);
  const [errors, setErrors] = useState<Errors | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  useFocusFirstError(form, errors);

  const act = BULK_ACTS.find((name) => name === actText) ?? "grant";
  const usesFilter = source === "filter";
  const filterOf = BULK_FILTERS[act];

  function ownErrors(): Errors {
    return {
      text: !usesFilter && text.trim() === "" ? "Paste the rows, or choose a file." : undefined,
      until: isExtension(act) && until === "" ? "Please choose a day." : undefined,
      reason: reasonError(reason) ?? undefined,
    };
  }

  async function readFile(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    if (file) setText(await file.text());
  }

  async function plan(event: FormEvent) {
    event.preventDefault();
    if (sending) return;
    const wrong = ownErrors();
    setErrors(wrong);
    setFailure(null);
    if (Object.values(wrong).some(Boolean)) return;
    setSending(true);
    const result = await sendJson<BulkJob>("/api/admin/bulk", {
      body: {
        act,
        reason: reason.trim(),
        ...(usesFilter
          ? {
              filter: {
                ...(from ? { from } : {}),
                ...(to ? { to } : {}),
                ...(filterOf.hasPackage && service ? { package: service } : {}),
              },
            }
          : { text }),
        ...(isExtension(act) ? { until } : {}),
        ...(act === "grant" ? { confirm_recent: confirmRecent } : {}),
      },
    });
    setSending(false);
    if (!result.ok) {
      setErrors(result.fields);
      const isShown = ["text", "until", "reason"].some((name) => result.fields[name]);
      setFailure(isShown ? null : result.message);
      return;
    }
    forgetTyped(DRAFT);
    router.push(`/admin/bulk/${result.data.id}`);
  }

  return (
    <Card aria-labelledby="plan-title">
      <CardHeader
        title="Plan a job"
        titleId="plan-title"
        description="The next page tries each row. Nothing is done before you start the job there."
      />
      <form ref={form} onSubmit={plan} noValidate className="flex flex-col gap-5">
        <Field label="What to do">
          <Select
            name="act"
            value={act}
            onValueChange={setAct}
            options={BULK_ACTS.map((name) => ({ value: name, label: BULK_ACT_WORDS[name].title }))}
          />
        </Field>
        <fieldset className="flex flex-wrap gap-x-6 gap-y-2 text-sm">
          <legend className="mb-2 font-medium">For whom</legend>
          {(
            [
              ["list", "A list or a file"],
              ["filter", "Everything that matches"],
            ] as const
          ).map(([value, label]) => (
            <label key={value} className="flex min-h-6 items-center gap-2 pointer-coarse:min-h-11">
              <input
                type="radio"
                name="source"
                value={value}
                checked={usesFilter === (value === "filter")}
                onChange={() => setSource(value)}
                className="size-4 accent-accent"
              />
              {label}
            </label>
          ))}
        </fieldset>
        {usesFilter ? (
          <div className="flex flex-col gap-3">
            <p className="text-sm text-text-muted">{filterOf.description}</p>
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label={`${filterOf.days}, from`} error={errors?.["filter.from"] ?? null}>
                <Input
                  type="date"
                  name="from"
                  value={from}
                  onChange={(event) => setFrom(event.target.value)}
                />
              </Field>
              <Field label={`${filterOf.days}, to`} error={errors?.["filter.to"] ?? null}>
                <Input
                  type="date"
                  name="to"
                  value={to}
                  onChange={(event) => setTo(event.target.value)}
                />
              </Field>
            </div>
            {filterOf.hasPackage ? (
              <Field label="Package">
                <Select
                  name="package"
                  value={service}
                  onValueChange={setService}
                  options={[
                    { value: "", label: "Every package" },
                    ...packages.map(({ slug, name }) => ({ value: slug, label: name })),
                  ]}
                />
              </Field>
            ) : null}
          </div>
        ) : (
          <div className="flex flex-col gap-3">
            <Field
              label="Rows"
              hint={`${BULK_ACT_WORDS[act].rows}. One on each line, or a CSV file with a column id, code, order_number or email. At most 1000.`}
              error={errors?.text ?? null}
            >
              <Textarea
                name="text"
                rows={6}
                spellCheck={false}
                className="font-mono"
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            </Field>
            <Field label="File" optional>
              <Input
                type="file"
                name="file"
                accept=".csv,.txt,text/csv,text/plain"
                onChange={readFile}
                className="py-2.5 file:me-3 file:font-medium file:underline file:underline-offset-4"
              />
            </Field>
          </div>
        )}
        {isExtension(act) ? (
          <Field label="Until the end of" error={errors?.until ?? null} required>
            <Input
              type="date"
              name="until"
              value={until}
              onChange={(event) => setUntil(event.target.value)}
            />
          </Field>
        ) : null}
        {act === "grant" ? (
          <Checkbox
            label="Also to those who got a free month within 24 hours, or have one from us waiting"
            checked={confirmRecent}
            onCheckedChange={setConfirmRecent}
          />
        ) : null}
        <Field
          label="Reason"
          hint="It counts for each row. Customers read it in the mails about a free month, and it stays in the audit log."
          error={errors?.reason ?? null}
          required
        >
          <Textarea
            name="reason"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </Field>
        <FailureMessage message={failure} />
        <div>
          <Button type="submit" variant="primary" loading={sending} loadingLabel="Reading the rows">
            Plan and try it
          </Button>
        </div>
      </form>
    </Card>
  );
}
