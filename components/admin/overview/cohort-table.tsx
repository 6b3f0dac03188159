"use client";

import { Card, CardHeader } from "@/components/ui/card";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { formatDate } from "@/lib/dates";
import { formatCount } from "@/lib/words";
import { shareText } from "./metrics";
import { type Shown, TableFile } from "./table-file";

type Cohort = Metrics["cohorts"][number];

/** `Sep 2026` */
const monthOf = (day: string) => formatDate(day, "UTC").replace(/^\d+ /, "");
const daysIn = (month: string) => {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 0)).getUTCDate();
};

/** How many are still customers after so many months; says when that cannot be known yet. */
function keptText(cohort: Cohort, months: number): string {
  const entry = cohort.kept.find((one) => one.months === months);
  if (!entry || entry.of === 0) return cohort.activated > 0 ? "too early" : "–";
  return shareText(entry.kept, entry.of);
}

const number = { align: "end" } as const;
const column = columnsOf<Cohort>();
const COLUMNS = column.columns([
  column.accessor("month", {
    header: "Ordered in",
    meta: { isRowHeader: true },
    cell: ({ row: { original } }) => (
      <>
        {monthOf(original.month)}
        {original.days < daysIn(original.month) ? (
          <CellNote>{`first ${original.days} of ${daysIn(original.month)} days`}</CellNote>
        ) : null}
      </>
    ),
  }),
  column.accessor((row) => (row.is_referred ? "Referred" : "Without a code"), {
    id: "customers",
    header: "Customers",
  }),
  column.accessor("orders", {
    header: "Orders",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  column.accessor("activated", {
    header: "Active",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  column.accessor("paid", {
    header: "Paid",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  column.accessor("qualified", {
    header: "Qualified",
    meta: number,
    cell: ({ row: { original } }) =>
      original.is_referred ? (
        <>
          {formatCount(original.qualified)}
          {original.under_way > 0 ? (
            <CellNote>{`${formatCount(original.under_way)} can still`}</CellNote>
          ) : null}
        </>
      ) : (
        "–"
      ),
  }),
  column.accessor((row) => keptText(row, 3), {
    id: "kept_3",
    header: "After 3 months",
    meta: number,
  }),
  column.accessor((row) => keptText(row, 6), { id: "kept_6", header: "After 6", meta: number }),
  column.accessor((row) => keptText(row, 12), { id: "kept_12", header: "After 12", meta: number }),
]);

/** What became of the orders of each month: referred friends against customers without a code. */
export function CohortTable({ cohorts, shown }: { cohorts: readonly Cohort[]; shown: Shown }) {
  return (
    <Card padding="flush" aria-labelledby="cohorts-title">
      <CardHeader
        divided
        title="By month of the order"
        titleId="cohorts-title"
        description="Referred friends against customers who came without a code. After so many months: still customers, of those who became active and ordered that long ago."
        actions={<TableFile table="cohorts" shown={shown} />}
      />
      {/* It scrolls by keyboard, too. */}
      <section
        aria-label="Months"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls takes the focus.
        tabIndex={0}
        className="max-h-[36rem] overflow-y-auto -outline-offset-2"
      >
        <DataTable
          caption="What became of the orders of each month"
          columns={COLUMNS}
          rows={cohorts}
          getRowId={(row) => `${row.month} ${row.is_referred}`}
          empty={
            <EmptyState title="No orders yet">The first month appears with its orders.</EmptyState>
          }
        />
      </section>
    </Card>
  );
}
