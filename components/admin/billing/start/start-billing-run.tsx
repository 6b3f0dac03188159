"use client";

import { CircleAlert, Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useRef, useState } from "react";
import { z } from "zod";
import { callApi } from "@/components/admin/api";
import {
  CYCLE_STATES,
  counted,
  cycleDays,
  groupedCount,
} from "@/components/admin/billing/billing-words";
import { useBillingPreview } from "@/components/admin/billing/runs/use-billing-run";
import { Field, Textarea } from "@/components/forms/field";
import { REASON_MAX, REASON_MIN } from "@/components/forms/reason-dialog";
import { Select } from "@/components/forms/select";
import { Button } from "@/components/ui/button";
import { DescriptionList } from "@/components/ui/description-list";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { Skeleton, SkeletonGroup } from "@/components/ui/skeleton";
import { Money } from "@/components/ui/text";
import { toast } from "@/components/ui/toaster";
import type { BillingPreview } from "@/lib/billing/billing-admin-schemas";
import type { Cycle } from "@/lib/billing/cycle";

const startedSchema = z.object({ run_id: z.guid(), joined: z.boolean() });

function reasonProblem(reason: string): string | null {
  const length = Array.from(reason.trim()).length;
  if (length < REASON_MIN) return `Please give a reason of at least ${REASON_MIN} characters.`;
  if (length > REASON_MAX) return `Please shorten this to ${REASON_MAX} characters.`;
  return null;
}

const WHY: Readonly<Record<Cycle["state"], string>> = {
  future: "This cycle has not begun. Its invoices would be issued today.",
  closed: "This cycle is over. What was missed would be invoiced now.",
  open: "The month has changed since this page was opened.",
};

function PreviewFacts({ preview }: { preview: BillingPreview }) {
  const { currency } = preview;
  return (
    <DescriptionList
      items={[
        {
          label: "Services",
          value:
            preview.skipped > 0
              ? `${groupedCount(preview.services_total)}, ${groupedCount(preview.skipped)} invoiced already`
              : groupedCount(preview.services_total),
        },
        { label: "Invoices to issue", value: groupedCount(preview.invoices) },
        {
          label: "Free months",
          value:
            preview.free_months > 0 ? (
              <>
                {groupedCount(preview.free_months)},{" "}
                <Money cents={preview.waived_cents} currency={currency} /> waived
              </>
            ) : (
              "None"
            ),
        },
        {
          label: "To be invoiced",
          value: <Money cents={preview.total_cents} currency={currency} />,
        },
      ]}
    />
  );
}

/** What the chosen cycle holds, in the room that it will take. */
function Facts({ month }: { month: string | null }) {
  const { preview, error, isLoading, retry } = useBillingPreview(month);
  if (preview) {
    return (
      <div className="flex flex-col gap-4">
        <PreviewFacts preview={preview} />
        {preview.invoices === 0 ? (
          <Notice>
            Every service of this cycle has its invoice. A run would find nothing to do.
          </Notice>
        ) : null}
        {preview.errors.length > 0 ? (
          <Notice tone="warning">
            {counted(preview.errors.length, "problem")} found: who is named in the preview is left
            out, all others are invoiced.
          </Notice>
        ) : null}
      </div>
    );
  }
  if (error && !isLoading) {
    return (
      <Notice
        tone="warning"
        role="alert"
        title="The preview did not load"
        action={
          <Button size="sm" onClick={retry}>
            Try again
          </Button>
        }
      >
        {error.message}
      </Notice>
    );
  }
  return (
    <SkeletonGroup label="Computing what a run would do">
      {["services", "invoices", "free", "total"].map((row) => (
        <div key={row} className="flex h-11 items-center justify-between border-b last:border-b-0">
          <Skeleton className="w-28" />
          <Skeleton className="w-20" />
        </div>
      ))}
    </SkeletonGroup>
  );
}

export type StartBillingRunProps = {
  /** The cycles to choose from. */
  cycles: readonly Cycle[];
  initialMonth: string;
  label?: string;
};

/**
 * Starts a billing run and goes to its page. The same question asked again, by a second click or
 * after a lost answer, is sent under the same key while the dialog is open, and opens no second run.
 */
export function StartBillingRun({
  cycles,
  initialMonth,
  label = "Start a run",
}: StartBillingRunProps) {
  const router = useRouter();
  const formId = useId();
  const choice = useRef<HTMLSelectElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const busy = useRef(false);
  const keys = useRef(new Map<string, string>());
  const [open, setOpen] = useState(false);
  const [month, setMonth] = useState(initialMonth);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  /** The month for which the server wanted a reason although it looked open here. */
  const [asked, setAsked] = useState<string | null>(null);

  const cycle = cycles.find((known) => known.month === month) ?? cycles[0];
  const needsReason = cycle !== undefined && (cycle.state !== "open" || asked === cycle.month);

  function changeOpen(next: boolean) {
    if (next) {
      keys.current.clear();
      setMonth(initialMonth);
    }
    setProblem(null);
    setFailure(null);
    setOpen(next);
  }

  function chooseMonth(next: string) {
    setMonth(next);
    setProblem(null);
    setFailure(null);
  }

  async function start(body: { period: string; force_reason?: string }): Promise<void> {
    const question = JSON.stringify(body);
    const key = keys.current.get(question) ?? crypto.randomUUID();
    keys.current.set(question, key);
    const headers = { "idempotency-key": key };
    const result = await callApi("/api/admin/billing/runs", { body, headers });
    if (!result.ok) {
      const isRefusal = /^billing_cycle_(?:future|closed)$/.test(result.code);
      if (!isRefusal && !("force_reason" in result.fields)) {
        setFailure(result.message);
        return;
      }
      setAsked(body.period);
      setProblem(result.message);
      requestAnimationFrame(() => field.current?.focus());
      return;
    }
    const started = startedSchema.safeParse(result.data);
    if (!started.success) {
      setFailure("The run was started. Close this to see it in the list.");
      return;
    }
    setReason("");
    setAsked(null);
    changeOpen(false);
    toast.success(started.data.joined ? "The run goes on" : "The run has started");
    router.push(`/admin/billing/runs/${started.data.run_id}`);
    router.refresh();
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy.current || !cycle) return;
    const wrong = needsReason ? reasonProblem(reason) : null;
    setProblem(wrong);
    setFailure(null);
    if (wrong) {
      field.current?.focus();
      return;
    }
    busy.current = true;
    setPending(true);
    await start({
      period: cycle.month,
      ...(needsReason ? { force_reason: reason.trim() } : {}),
    });
    busy.current = false;
    setPending(false);
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
      description="Every service without an invoice for the cycle gets one. Invoices cannot be taken back, only credited."
      locked={pending}
      initialFocus={choice}
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
            ref={choice}
            value={cycle?.month ?? ""}
            onValueChange={chooseMonth}
            disabled={pending}
            options={cycles.map((known) => ({
              value: known.month,
              label: `${cycleDays(known)}, ${CYCLE_STATES[known.state]}`,
            }))}
          />
        </Field>
        <Facts month={open && cycle ? cycle.month : null} />
        {needsReason ? (
          <Field
            label="Reason"
            hint={`${WHY[cycle.state]} The reason stays with the run and in the audit log.`}
            error={problem}
            required
          >
            <Textarea
              ref={field}
              name="reason"
              value={reason}
              readOnly={pending}
              onChange={(event) => {
                setReason(event.target.value);
                if (problem) setProblem(reasonProblem(event.target.value));
              }}
            />
          </Field>
        ) : null}
        <div role="alert">
          {failure ? (
            <p className="flex gap-2 rounded-control bg-negative-soft p-3 text-negative text-sm">
              <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
              {failure}
            </p>
          ) : null}
        </div>
      </form>
    </Dialog>
  );
}
