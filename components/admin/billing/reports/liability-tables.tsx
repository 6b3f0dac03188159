"use client";

import { useMemo } from "react";
import { monthName } from "@/components/admin/billing/report-words";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/text";
import type { Liability } from "@/lib/billing/report-schemas";
import { formatCount } from "@/lib/words";

type Expiring = Liability["expiring"][number];
type Ended = Liability["history"][number];

const expiringColumn = columnsOf<Expiring>();
const expiringColumns = (currency: string) =>
  expiringColumn.columns([
    expiringColumn.accessor("month", {
      header: "Last day in",
      meta: { isRowHeader: true },
      cell: ({ getValue }) => monthName(getValue()),
    }),
    expiringColumn.accessor("rewards", {
      header: "Free months",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    expiringColumn.accessor("value_cents", {
      header: "Worth",
      meta: { align: "end" },
      cell: ({ getValue }) => <Money cents={getValue()} currency={currency} />,
    }),
  ]);

/** When unused free months expire if nobody uses them, by month. */
export function ExpiryTable({ liability }: { liability: Liability }) {
  const columns = useMemo(() => expiringColumns(liability.currency), [liability.currency]);
  return (
    <DataTable
      caption="Unused free months by the month in which they expire"
      columns={columns}
      rows={liability.expiring}
      getRowId={(row) => row.month}
      empty={<EmptyState title="Nothing is owed">No customer has a free month to use.</EmptyState>}
    />
  );
}

const endedColumn = columnsOf<Ended>();
const endedColumns = (currency: string) =>
  endedColumn.columns([
    endedColumn.accessor("month", {
      header: "Month",
      meta: { isRowHeader: true },
      cell: ({ getValue }) => monthName(getValue()),
    }),
    endedColumn.accessor("used", {
      header: "Used",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    endedColumn.accessor("used_cents", {
      header: "Waived",
      meta: { align: "end" },
      cell: ({ getValue }) => <Money cents={getValue()} currency={currency} />,
    }),
    endedColumn.accessor("expired", {
      header: "Expired",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    endedColumn.accessor("revoked", {
      header: "Revoked",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
  ]);

/** What became of free months in each of the last twelve months, the newest first. */
export function EndedTable({ liability }: { liability: Liability }) {
  const columns = useMemo(() => endedColumns(liability.currency), [liability.currency]);
  return (
    <DataTable
      caption="What became of free months, newest month first"
      columns={columns}
      rows={liability.history.toReversed()}
      getRowId={(row) => row.month}
      empty={null}
    />
  );
}
