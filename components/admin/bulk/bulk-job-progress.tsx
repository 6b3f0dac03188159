"use client";

import { Play, Square } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { sendJson, sentenceOf } from "@/components/api-client";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { FailureMessage } from "@/components/ui/failure-message";
import { ProgressBar } from "@/components/ui/progress";
import type { BulkJob } from "@/lib/admin/bulk-schemas";
import { countOf, formatCount } from "@/lib/words";
import { useBulkWork } from "./use-bulk-work";

/** How far the dry run is, or the job itself. */
function Standing({ job }: { job: BulkJob }) {
  const { counts } = job;
  const named = counts.would_do + counts.would_refuse + counts.untried;
  if (!job.started_at) {
    const leftOut = counts.items - named;
    return (
      <div className="flex flex-col gap-3 text-sm">
        <ProgressBar
          label="Rows tried"
          value={named - counts.untried}
          max={named}
          valueText={`${counts.would_do + counts.would_refuse} of ${named} rows`}
        />
        <p role="status">
          {counts.untried > 0
            ? `Dry run: ${formatCount(counts.untried)} of ${countOf(named, "row")} still to try.`
            : `Dry run: ${countOf(counts.would_do, "row")} can be done, ${formatCount(counts.would_refuse)} cannot.`}
        </p>
        {leftOut > 0 ? (
          <p className="text-text-muted">
            {countOf(leftOut, "row names", "rows name")} nothing, more than one thing, or what an
            earlier row names, and will be left out.
          </p>
        ) : null}
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-3 text-sm">
      <ProgressBar
        label="Rows decided"
        value={counts.done + counts.refused}
        max={counts.items}
        valueText={`${counts.done + counts.refused} of ${counts.items} rows`}
      />
      <p role="status">
        {formatCount(counts.done)} done, {formatCount(counts.refused)} not done,{" "}
        {formatCount(counts.pending)} waiting.
      </p>
    </div>
  );
}

const NOTES: Readonly<Record<BulkJob["status"], string>> = {
  planned: "Nothing is done yet. Look at the rows, then start the job.",
  waiting: "Nothing is done before a second person has approved.",
  running: "Each row is a step of its own. The page may be closed; the job goes on from here.",
  done: "Every row is decided.",
  stopped: "What was done stays. The other rows are not done.",
};

/** The progress of a job, and what can be done with it now. */
export function BulkJobProgress({ job: loaded }: { job: BulkJob }) {
  const router = useRouter();
  const act = useAction();
  const { job, working, failure, work } = useBulkWork(loaded);
  const isTried = useRef(false);
  const { status, counts } = loaded;

  const isUntried = status === "planned" && counts.untried > 0;
  useEffect(() => {
    if (!isUntried || isTried.current) return;
    isTried.current = true;
    void work("try");
  }, [isUntried, work]);

  async function start() {
    const result = await sendJson<BulkJob>(`/api/admin/bulk/${job.id}/start`);
    if (!result.ok) return { ok: false as const, message: sentenceOf(result) };
    router.refresh();
    if (result.data.status === "running") void work("run");
    return { ok: true as const };
  }

  return (
    <Card aria-labelledby="progress-title">
      <CardHeader
        title={job.started_at ? "Progress" : "Dry run"}
        titleId="progress-title"
        description={NOTES[status]}
      />
      <Standing job={job} />
      <div className="mt-4 flex flex-col gap-3">
        <FailureMessage message={failure} />
        <div className="flex flex-wrap gap-2">
          {status === "planned" && job.is_mine ? (
            <ConfirmDialog
              trigger={
                <Button
                  variant="primary"
                  icon={<Play aria-hidden="true" />}
                  disabled={working !== null || counts.untried > 0 || counts.would_do === 0}
                >
                  Start
                </Button>
              }
              title="Start this job"
              description={`${countOf(counts.would_do, "row")} could be done when they were tried. Each one is checked again when it is its turn.`}
              confirmLabel={job.needs_approval ? "Ask for approval" : "Start"}
              pendingLabel={job.needs_approval ? "Asking" : "Starting"}
              onConfirm={start}
            >
              {job.needs_approval ? (
                <p className="text-sm">
                  It has more rows than one person may do alone. A colleague approves it first, and
                  reads your reason.
                </p>
              ) : null}
            </ConfirmDialog>
          ) : null}
          {status === "running" ? (
            <Button
              variant="primary"
              icon={<Play aria-hidden="true" />}
              loading={working === "run"}
              loadingLabel="Working"
              onClick={() => work("run")}
            >
              Continue
            </Button>
          ) : null}
          {isUntried && working === null ? (
            <Button onClick={() => work("try")}>Go on with the dry run</Button>
          ) : null}
          {status === "done" || status === "stopped" ? null : (
            <ReasonDialog
              trigger={<Button icon={<Square aria-hidden="true" />}>Stop</Button>}
              draftKey={`bulk stop ${job.id}`}
              title="Stop this job"
              description="No further row is done. What was done stays, and the job cannot be started again."
              reasonHint="It stays in the audit log."
              confirmLabel="Stop the job"
              pendingLabel="Stopping"
              dismissLabel="Keep it"
              tone="danger"
              onConfirm={(reason) =>
                act({
                  path: `/api/admin/bulk/${job.id}/stop`,
                  body: { reason },
                  done: "Job stopped",
                })
              }
            />
          )}
        </div>
      </div>
    </Card>
  );
}
