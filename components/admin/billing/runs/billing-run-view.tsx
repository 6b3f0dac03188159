"use client";

import { BillingErrors } from "@/components/admin/billing/billing-errors";
import { BillingTotal } from "@/components/admin/billing/billing-total";
import {
  counted,
  cycleDays,
  durationWords,
  groupedCount,
  runStatus,
  secondsBetween,
  startedBy,
} from "@/components/admin/billing/billing-words";
import { StartBillingRun } from "@/components/admin/billing/start/start-billing-run";
import { StatusBadge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { StatCard, StatGrid } from "@/components/ui/stat-card";
import { DateText, Money } from "@/components/ui/text";
import type { BillingRunDetails } from "@/lib/billing/billing-admin-schemas";
import type { Cycle } from "@/lib/billing/cycle";
import { type PaceSample, paceOf } from "./pace";
import { BillingProgress } from "./progress-bar";
import { useBillingRun } from "./use-billing-run";

const STATUS_SENTENCES = {
  running: "The run is under way.",
  interrupted: "The run was interrupted.",
  completed: "The run is complete.",
  failed: "The run ended with errors.",
} as const;

function Progress({ run, samples }: { run: BillingRunDetails; samples: readonly PaceSample[] }) {
  const words = `${groupedCount(run.done)} of ${counted(run.services_total, "service")}`;
  const pace = paceOf(samples, run.services_total);
  const percent = run.services_total > 0 ? Math.floor((run.done / run.services_total) * 100) : 0;
  return (
    <Card aria-labelledby="billing-progress-title">
      <CardHeader
        title="Progress"
        titleId="billing-progress-title"
        description={`${words} have their invoice.`}
        actions={<p className="font-semibold text-xl">{percent} %</p>}
      />
      <BillingProgress
        label="Services with their invoice"
        value={run.done}
        max={run.services_total}
        valueText={words}
      />
      <p className="mt-3 flex min-h-6 flex-wrap justify-between gap-x-6 text-sm text-text-muted">
        {run.is_interrupted ? (
          <span>Stopped</span>
        ) : (
          <>
            <span>
              {pace === null || pace.perSecond < 1
                ? "Working"
                : `${counted(Math.round(pace.perSecond), "service")} a second`}
            </span>
            {pace?.secondsLeft ? <span>About {durationWords(pace.secondsLeft)} left</span> : null}
          </>
        )}
      </p>
    </Card>
  );
}

function Facts({ run, timeZone }: { run: BillingRunDetails; timeZone: string }) {
  const time = (value: string) => <DateText value={value} timeZone={timeZone} withTime />;
  return (
    <Card aria-labelledby="billing-facts-title">
      <CardHeader title="About this run" titleId="billing-facts-title" />
      <DescriptionList
        layout="columns"
        items={[
          { label: "Cycle", value: cycleDays(run) },
          {
            label: "Started by",
            value: <span className="first-letter:uppercase inline-block">{startedBy(run)}</span>,
          },
          { label: "Started", value: time(run.started_at) },
          ...(run.finished_at
            ? [
                { label: "Finished", value: time(run.finished_at) },
                {
                  label: "Took",
                  value: (
                    <span className="inline-block first-letter:uppercase">
                      {durationWords(secondsBetween(run.started_at, run.finished_at))}
                    </span>
                  ),
                },
              ]
            : run.heartbeat_at
              ? [{ label: "Last sign of work", value: time(run.heartbeat_at) }]
              : []),
          { label: "Invoices dated", value: <DateText value={run.as_of} timeZone={timeZone} /> },
          {
            label: "Free months",
            value: run.rewards_enabled ? "Used where earned" : "Switched off for this run",
          },
          ...(run.force_reason
            ? [
                {
                  label: "Reason given",
                  value: <q className="whitespace-pre-line">{run.force_reason}</q>,
                },
              ]
            : []),
        ]}
      />
    </Card>
  );
}

export type BillingRunViewProps = {
  initial: BillingRunDetails;
  /** Its cycle, as it stands now. */
  cycle: Cycle;
  timeZone: string;
  /** The viewer may start runs. */
  canStart: boolean;
};

/** One billing run: its progress while it runs, its totals, and who could not be billed. */
export function BillingRunView({ initial, cycle, timeZone, canStart }: BillingRunViewProps) {
  const { run, samples, error } = useBillingRun(initial);
  const status = runStatus(run);
  const toIssue = run.services_total - run.skipped;
  const again = canStart ? (
    <StartBillingRun cycles={[cycle]} initialMonth={cycle.month} label="Start again" />
  ) : null;
  return (
    <>
      <PageHeader
        back={{ href: "/admin/billing", label: "Billing runs" }}
        title={
          <>
            Billing run for <span className="whitespace-nowrap">{cycleDays(run)}</span>
          </>
        }
        meta={<StatusBadge kind="billing_run" status={status} />}
        description={
          <span className="wrap-anywhere">
            Started by {startedBy(run)} on{" "}
            <DateText value={run.started_at} timeZone={timeZone} withTime />.
          </span>
        }
      />
      <p role="status" className="sr-only">
        {STATUS_SENTENCES[status]}
      </p>
      <div className="flex flex-col gap-4 sm:gap-6">
        {status === "interrupted" ? (
          <Notice tone="warning" title="This run was interrupted" action={again}>
            Nobody has worked on it for 15 minutes.{" "}
            {canStart
              ? "Start again: it goes on where it stopped, and nothing is invoiced twice."
              : "Somebody who may manage invoices can start it again; nothing is invoiced twice."}
          </Notice>
        ) : null}
        {status === "failed" ? (
          <Notice tone="negative" title="This run ended with errors" action={again}>
            What was invoiced stands. Put right what is named below and start again: only what is
            missing is invoiced.
          </Notice>
        ) : null}
        {error && run.status === "running" ? (
          <Notice tone="warning" role="status" title="The progress cannot be read right now">
            The run itself goes on. This page tries again by itself.
          </Notice>
        ) : null}
        {run.status === "running" ? <Progress run={run} samples={samples} /> : null}
        <h2 className="sr-only">Totals</h2>
        <StatGrid>
          <StatCard
            label="Invoices issued"
            value={groupedCount(run.invoices)}
            hint={toIssue > 0 ? `of ${groupedCount(toIssue)} to issue` : "None was missing"}
          />
          <StatCard
            label="Free months"
            value={groupedCount(run.free_months)}
            hint={
              <>
                <Money cents={run.waived_cents} currency={run.currency} /> waived
              </>
            }
          />
          <StatCard
            label="Invoiced"
            value={<BillingTotal cents={run.total_cents} currency={run.currency} />}
            hint="VAT included, after free months"
          />
          <StatCard
            label="Invoiced before"
            value={groupedCount(run.skipped)}
            hint={`of ${counted(run.services_total, "service")}`}
          />
        </StatGrid>
        <BillingErrors
          title="Not invoiced"
          description="None of these held up the others."
          errors={run.errors}
        />
        <Facts run={run} timeZone={timeZone} />
      </div>
    </>
  );
}
