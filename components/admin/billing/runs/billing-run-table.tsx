"use client";

import { useMemo } from "react";
import {
  counted,
  cycleDays,
  durationWords,
  groupedCount,
  runStatus,
  secondsBetween,
  startedBy,
} from "@/components/admin/billing/billing-words";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import { DateText, Money } from "@/components/ui/text";
import type { BillingRun } from "@/lib/billing/billing-admin-schemas";

const muted = "font-normal text-text-muted text-xs";

function columns(timeZone: string, currency: string): DataColumn<BillingRun>[] {
  return [
    {
      id: "cycle",
      header: "Cycle",
      primary: true,
      cell: (run) => (
        <div>
          <TextLink quiet href={`/admin/billing/runs/${run.id}`} className="md:whitespace-nowrap">
            {cycleDays(run)}
          </TextLink>
          {run.force_reason ? <p className={muted}>Reason given</p> : null}
        </div>
      ),
    },
    {
      id: "started",
      header: "Started",
      cell: (run) => (
        <div>
          <DateText value={run.started_at} timeZone={timeZone} withTime />
          <p className={`${muted} wrap-anywhere`}>by {startedBy(run)}</p>
        </div>
      ),
    },
    {
      id: "status",
      header: "Status",
      cell: (run) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <StatusBadge kind="billing_run" status={runStatus(run)} />
          {run.error_count > 0 ? (
            <span className="text-negative text-xs">{counted(run.error_count, "error")}</span>
          ) : null}
        </div>
      ),
    },
    {
      id: "invoices",
      header: "Invoices",
      align: "end",
      cell: (run) => (
        <div>
          <p>
            {groupedCount(run.invoices)}
            {run.invoices < run.services_total - run.skipped ? (
              <>
                {" "}
                <span className={`${muted} whitespace-nowrap`}>
                  of {groupedCount(run.services_total - run.skipped)}
                </span>
              </>
            ) : null}
          </p>
          {run.free_months > 0 ? (
            <p className={muted}>{counted(run.free_months, "free month")}</p>
          ) : null}
        </div>
      ),
    },
    {
      id: "total",
      header: "Invoiced",
      align: "end",
      cell: (run) => (
        <div>
          <Money cents={run.total_cents} currency={currency} />
          {run.waived_cents > 0 ? (
            <p className={muted}>
              <Money cents={run.waived_cents} currency={currency} /> waived
            </p>
          ) : null}
        </div>
      ),
    },
    {
      id: "duration",
      header: "Took",
      align: "end",
      cell: (run) => (
        <span className="whitespace-nowrap text-text-muted">
          {run.finished_at
            ? durationWords(secondsBetween(run.started_at, run.finished_at))
            : "Not finished"}
        </span>
      ),
    },
  ];
}

export type BillingRunTableProps = {
  runs: readonly BillingRun[];
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

export function BillingRunTable({ runs, timeZone, currency }: BillingRunTableProps) {
  const shown = useMemo(() => columns(timeZone, currency), [timeZone, currency]);
  return (
    <DataTable
      caption="Billing runs, newest first"
      columns={shown}
      rows={runs}
      getRowId={(run) => run.id}
      empty={
        <EmptyState title="No billing run yet">
          The schedule bills each cycle by itself. See what the next run would do in the preview.
        </EmptyState>
      }
    />
  );
}
