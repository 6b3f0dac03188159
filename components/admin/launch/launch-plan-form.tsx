"use client";

import { type FormEvent, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import {
  LAUNCH_MEASURES,
  LAUNCH_STAGES,
  type LaunchMeasure,
  type LaunchReport,
  type LaunchTargets,
} from "@/lib/admin/launch-schemas";
import { MEASURE_WORDS, STAGE_WORDS } from "@/lib/admin/launch-words";
import { draftOf, fieldName, readDraft } from "./launch-draft";

const UNITS: Partial<Record<LaunchMeasure, string>> = {
  fraud_bps: "at most, in %",
  p95_ms: "at most, in ms",
  satisfaction_hundredths: "from 1 to 5",
};

const labelOf = (measure: LaunchMeasure) => {
  const unit = UNITS[measure];
  return unit ? `${MEASURE_WORDS[measure].label} (${unit})` : MEASURE_WORDS[measure].label;
};

/** The day of the launch and the targets of both stages. Saved with a reason. */
export function LaunchPlanForm({ report }: { report: LaunchReport }) {
  const act = useAction();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [day, setDay] = useState(report.launched_on ?? "");
  const [draft, setDraft] = useState(() => draftOf(report.targets));
  const [asked, setAsked] = useState<LaunchTargets | null>(null);

  function review(event: FormEvent) {
    event.preventDefault();
    const { targets, errors } = readDraft(draft);
    if (targets) setAsked(targets);
    else show(errors);
  }

  return (
    <Card aria-labelledby="launch-plan-title" className="mt-4 sm:mt-6">
      <CardHeader
        title="Day and targets"
        titleId="launch-plan-title"
        description="Counts are expected to grow evenly over the week and the month."
      />
      <form ref={form} onSubmit={review} noValidate className="flex flex-col gap-6">
        <Field
          label="Day of the launch"
          optional
          hint="In the billing time zone. Empty: not decided."
          className="max-w-60"
        >
          <Input
            type="date"
            name="launched_on"
            value={day}
            onChange={(event) => setDay(event.target.value)}
          />
        </Field>
        <div className="grid gap-6 lg:grid-cols-2">
          {LAUNCH_STAGES.map((stage) => (
            <fieldset key={stage} className="min-w-0">
              <legend className="mb-3 font-medium">{STAGE_WORDS[stage]}</legend>
              <div className="grid gap-4 sm:grid-cols-2">
                {LAUNCH_MEASURES.map((measure) => {
                  const name = fieldName(stage, measure);
                  return (
                    <Field key={name} label={labelOf(measure)} error={errorOf(name)} required>
                      <Input
                        name={name}
                        inputMode="decimal"
                        autoComplete="off"
                        value={draft[name] ?? ""}
                        onChange={(event) => {
                          clear(name);
                          setDraft({ ...draft, [name]: event.target.value });
                        }}
                      />
                    </Field>
                  );
                })}
              </div>
            </fieldset>
          ))}
        </div>
        <div>
          <Button type="submit" variant="primary">
            Save
          </Button>
        </div>
      </form>
      <ReasonDialog
        open={asked !== null}
        onOpenChange={(open) => {
          if (!open) setAsked(null);
        }}
        title="Save the launch targets"
        description="They count from now on. The targets before them stay in the audit log."
        confirmLabel="Save"
        pendingLabel="Saving"
        onConfirm={(reason) =>
          act({
            path: "/api/admin/launch",
            method: "PUT",
            body: {
              launched_on: day === "" ? null : day,
              targets: asked,
              reason,
              expected_version: report.version,
            },
            done: "Launch targets saved",
          })
        }
      />
    </Card>
  );
}
