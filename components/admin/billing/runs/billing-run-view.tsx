"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import { BillingErrors } from "@/components/admin/billing/billing-errors";
import { BillingTotal } from "@/components/admin/billing/billing-total";
import { cycleDays, runStatus, startedBy } from "@/components/admin/billing/billing-words";
import { StartBillingRun } from "@/components/admin/billing/start/start-billing-run";
import { StatusBadge } from "@/components/ui/badge";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { StatCard, StatGrid } from "@/components/ui/stat-card";
import { DateText, Money } from "@/components/ui/text";
import type { BillingRunDetails } from "@/lib/billing/billing-admin-schemas";
import type { Cycle } from "@/lib/billing/cycle";
import { countOf, formatCount } from "@/lib/words";
import { RunFacts } from "./run-facts";
import { RunProgress } from "./run-progress";
import { useBillingRun } from "./use-billing-run";

const STATUS_SENTENCES = {
  running: "The run is under way.",
  interrupted: "The run was interrupted.",
  completed: "The run is complete.",
  failed: "The run ended with errors.",
} as const;

function Totals({ run }: { run: BillingRunDetails }) {
  const toIssue = run.services_total - run.skipped;
  return (
    <StatGrid>
      <StatCard
        label="Invoices issued"
        value={formatCount(run.invoices)}
        hint={toIssue > 0 ? `of ${formatCount(toIssue)} to issue` : "None was missing"}
      />
      <StatCard
        label="Free months"
        value={formatCount(run.free_months)}
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
        value={formatCount(run.skipped)}
        hint={`of ${countOf(run.services_total, "service")}`}
      />
    </StatGrid>
  );
}

export type BillingRunViewProps = {
  initial: BillingRunDetails;
  /** Its cycle, as it stands now. */
  cycle: Cycle;
  timeZone: string;
  /** The viewer may start runs. */
  canStart: boolean;
  /** What the run issued and left out; read again when the run ends. */
  children: ReactNode;
};

/** Renders the page again once a run that was under way has ended. */
function useRefreshAtEnd(isRunning: boolean): void {
  const router = useRouter();
  const wasRunning = useRef(isRunning);
  useEffect(() => {
    if (wasRunning.current && !isRunning) router.refresh();
    wasRunning.current = isRunning;
  }, [isRunning, router]);
}

/** One billing run: its progress while it runs, its totals, and what could not be billed. */
export function BillingRunView({
  initial,
  cycle,
  timeZone,
  canStart,
  children,
}: BillingRunViewProps) {
  const { run, samples, error } = useBillingRun(initial);
  useRefreshAtEnd(run.status === "running");
  const status = runStatus(run);
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
            Nothing has worked on it for some time.{" "}
            {canStart
              ? "Start again: it goes on where it stopped, and nothing is invoiced twice."
              : "A colleague who may manage invoices can start it again. Nothing is invoiced twice."}
          </Notice>
        ) : null}
        {status === "failed" ? (
          <Notice tone="negative" title="This run ended with errors" action={again}>
            The invoices that were issued stay. Please correct the problems below and start again:
            only the missing invoices are issued.
          </Notice>
        ) : null}
        {error && run.status === "running" ? (
          <Notice tone="warning" role="status" title="The progress cannot be read right now">
            The run itself goes on. This page tries again by itself.
          </Notice>
        ) : null}
        {run.status === "running" ? <RunProgress run={run} samples={samples} /> : null}
        <h2 className="sr-only">Totals</h2>
        <Totals run={run} />
        <BillingErrors
          title="Not invoiced"
          description="All other services were invoiced."
          errors={run.errors}
        />
        {children}
        <RunFacts run={run} timeZone={timeZone} />
      </div>
    </>
  );
}
