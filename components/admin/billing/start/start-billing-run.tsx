"use client";

import { Play } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { CYCLE_STATES, cycleDays } from "@/components/admin/billing/billing-words";
import { Field, Textarea } from "@/components/forms/field";
import { reasonError } from "@/components/forms/reason";
import { Select } from "@/components/forms/select";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { FailureMessage } from "@/components/ui/failure-message";
import type { Cycle } from "@/lib/billing/cycle";
import { StartPreview } from "./start-preview";
import { useStartRun } from "./use-start-run";

/** Why a reason is needed for a cycle in this state. */
const WHY: Readonly<Record<Cycle["state"], string>> = {
  future: "This cycle has not begun. Its invoices would be issued today.",
  closed: "This cycle was over long ago. Its missing invoices would be issued now.",
  open: "The month has changed since this page was opened.",
};

export type StartBillingRunProps = {
  /** The cycles to choose from. */
  cycles: readonly Cycle[];
  initialMonth: string;
  label?: string;
};

/** A button and its dialog: choose a cycle, see what a run would do, and start it. */
export function StartBillingRun({
  cycles,
  initialMonth,
  label = "Start a run",
}: StartBillingRunProps) {
  const formId = useId();
  const cycleSelect = useRef<HTMLSelectElement>(null);
  const reasonBox = useRef<HTMLTextAreaElement>(null);
  const isBusy = useRef(false);
  const { start, forgetKeys } = useStartRun();
  const [open, setOpen] = useState(false);
  const [month, setMonth] = useState(initialMonth);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  /** The month for which the server wanted a reason although it looked open here. */
  const [refusedMonth, setRefusedMonth] = useState<string | null>(null);

  const cycle = cycles.find((known) => known.month === month) ?? cycles[0];
  const needsReason =
    cycle !== undefined && (cycle.state === "future" || refusedMonth === cycle.month);

  function forgetProblems() {
    setProblem(null);
    setFailure(null);
  }

  function changeOpen(next: boolean) {
    if (next) {
      forgetKeys();
      setMonth(initialMonth);
    }
    forgetProblems();
    setOpen(next);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy.current || !cycle) return;
    forgetProblems();
    const wrong = needsReason ? reasonError(reason) : null;
    if (wrong) {
      setProblem(wrong);
      reasonBox.current?.focus();
      return;
    }
    isBusy.current = true;
    setPending(true);
    const outcome = await start({
      period: cycle.month,
      ...(needsReason ? { force_reason: reason.trim() } : {}),
    });
    isBusy.current = false;
    setPending(false);
    if (outcome.kind === "started") {
      setReason("");
      setRefusedMonth(null);
      changeOpen(false);
    } else if (outcome.kind === "reason-needed") {
      setRefusedMonth(cycle.month);
      setProblem(outcome.message);
      requestAnimationFrame(() => reasonBox.current?.focus());
    } else {
      setFailure(outcome.message);
    }
  }

  return (
    <Dialog
      trigger={
        <Button variant="primary" icon={<Play aria-hidden="true" />}>
          {label}
        </Button>
      }
      open={open}
      onOpenChange={changeOpen}
      title="Start a billing run"
      description="First what earlier months left open is billed, then every service without an invoice for the cycle. Invoices cannot be taken back, only credited."
      locked={pending}
      initialFocus={cycleSelect}
      footer={
        <>
          <Button onClick={() => changeOpen(false)} disabled={pending}>
            Cancel
          </Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            loading={pending}
            loadingLabel="Starting"
          >
            Start the run
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field label="Cycle">
          <Select
            ref={cycleSelect}
            value={cycle?.month ?? ""}
            onValueChange={(next) => {
              setMonth(next);
              forgetProblems();
            }}
            disabled={pending}
            options={cycles.map((known) => ({
              value: known.month,
              label: `${cycleDays(known)}, ${CYCLE_STATES[known.state]}`,
            }))}
          />
        </Field>
        <StartPreview month={open && cycle ? cycle.month : null} />
        {needsReason ? (
          <Field
            label="Reason"
            hint={`${WHY[cycle.state]} The reason stays with the run and in the audit log.`}
            error={problem}
            required
          >
            <Textarea
              ref={reasonBox}
              name="reason"
              value={reason}
              readOnly={pending}
              onChange={(event) => {
                setReason(event.target.value);
                if (problem) setProblem(reasonError(event.target.value));
              }}
            />
          </Field>
        ) : null}
        <FailureMessage message={failure} />
      </form>
    </Dialog>
  );
}
