"use client";

import { useMemo } from "react";
import {
  cycleDays,
  durationWords,
  runStatus,
  secondsBetween,
  startedBy,
} from "@/components/admin/billing/billing-words";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { CellNote, noteClasses } from "@/components/ui/cell-note";
import { cn } from "@/components/ui/cn";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { BillingRun } from "@/lib/billing/billing-admin-schemas";
import { countOf, formatCount } from "@/lib/words";

/** How many of the invoices that the run had to issue exist, and how many months were free. */
function Invoices({ run }: { run: BillingRun }) {
  const toIssue = run.services_total - run.skipped;
  return (
    <div>
      <p>
        {formatCount(run.invoices)}
        {run.invoices < toIssue ? (
          <>
            {" "}
            <span className={cn(noteClasses, "whitespace-nowrap")}>of {formatCount(toIssue)}</span>
          </>
        ) : null}
      </p>
      {run.free_months > 0 ? <CellNote>{countOf(run.free_months, "free month")}</CellNote> : null}
    </div>
  );
}

const column = columnsOf<BillingRun>();

const columns = (timeZone: string, currency: string) =>
  column.columns([
    column.accessor("period_start", {
      header: "Cycle",
      meta: { isRowHeader: true },
      cell: ({ row: { original: run } }) => (
        <div>
          <TextLink quiet href={`/admin/billing/runs/${run.id}`} className="lg:whitespace-nowrap">
            {cycleDays(run)}
          </TextLink>
          {run.is_completion ? (
            <Badge tone="info" className="mt-1">
              Completion
            </Badge>
          ) : null}
          {run.force_reason ? <CellNote>Reason given</CellNote> : null}
        </div>
      ),
    }),
    column.accessor("started_at", {
      header: "Started",
      cell: ({ row: { original: run } }) => (
        <div>
          <DateText value={run.started_at} timeZone={timeZone} withTime />
          <CellNote className="wrap-anywhere">by {startedBy(run)}</CellNote>
        </div>
      ),
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ row: { original: run } }) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <StatusBadge kind="billing_run" status={runStatus(run)} />
          {run.error_count > 0 ? (
            <span className="text-negative text-xs">{countOf(run.error_count, "error")}</span>
          ) : null}
        </div>
      ),
    }),
    column.accessor("invoices", {
      header: "Invoices",
      meta: { align: "end" },
      cell: ({ row }) => <Invoices run={row.original} />,
    }),
    column.accessor("total_cents", {
      header: "Invoiced",
      meta: { align: "end" },
      cell: ({ row: { original: run } }) => (
        <div>
          <Money cents={run.total_cents} currency={currency} />
          {run.waived_cents > 0 ? (
            <CellNote>
              <Money cents={run.waived_cents} currency={currency} /> waived
            </CellNote>
          ) : null}
        </div>
      ),
    }),
    column.display({
      id: "duration",
      header: "Took",
      meta: { align: "end" },
      cell: ({ row: { original: run } }) => (
        <span className="whitespace-nowrap text-text-muted">
          {run.finished_at
            ? durationWords(secondsBetween(run.started_at, run.finished_at))
            : "Not finished"}
        </span>
      ),
    }),
  ]);

export type BillingRunTableProps = ListLook & {
  runs: readonly BillingRun[];
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  isFiltered: boolean;
};

/** Billing runs with their totals, newest first. */
export function BillingRunTable({
  runs,
  timeZone,
  currency,
  isFiltered,
  ...look
}: BillingRunTableProps) {
  const shown = useMemo(() => columns(timeZone, currency), [timeZone, currency]);
  return (
    <DataTable
      {...look}
      caption="Billing runs"
      columns={shown}
      rows={runs}
      getRowId={(run) => run.id}
      empty={
        isFiltered ? (
          <EmptyState title="Nothing matches">Choose another cycle, kind or status.</EmptyState>
        ) : (
          <EmptyState title="No billing run yet">
            The schedule bills each cycle by itself. The preview shows what the next run would do.
          </EmptyState>
        )
      }
    />
  );
}
