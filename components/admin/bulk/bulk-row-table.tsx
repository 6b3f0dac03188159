"use client";

import { useMemo } from "react";
import { CustomerLink } from "@/components/admin/customers/customer-link";
import { StatusBadge } from "@/components/ui/badge";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { BulkRow } from "@/lib/admin/bulk-schemas";

const column = columnsOf<BulkRow>();

const columns = (timeZone: string) =>
  column.columns([
    column.accessor("input", {
      header: "Row",
      meta: { isRowHeader: true },
      cell: ({ row, getValue }) => (
        <div>
          <p className="wrap-anywhere">
            <span className="text-text-muted tabular-nums">{row.original.number}. </span>
            <bdi>{getValue()}</bdi>
          </p>
        </div>
      ),
    }),
    column.accessor("customer_name", {
      header: "Customer",
      cell: ({ row: { original: row } }) =>
        row.customer_id ? (
          <CustomerLink
            customer={{ id: row.customer_id, name: row.customer_name || "Former customer" }}
          />
        ) : (
          <span className="text-text-muted">None</span>
        ),
    }),
    column.accessor("status", {
      header: "Status",
      cell: ({ getValue }) => <StatusBadge kind="bulk_row" status={getValue()} />,
    }),
    column.accessor("result", {
      header: "Result",
      cell: ({ row: { original: row } }) => (
        <div className="max-w-96">
          <p className={row.code || row.dry_run?.code ? "text-negative" : undefined}>
            {row.result}
          </p>
          {row.decided_at ? (
            <CellNote>
              <DateText value={row.decided_at} timeZone={timeZone} withTime />
            </CellNote>
          ) : null}
        </div>
      ),
    }),
  ]);

/** The rows of a bulk job: what each names, and what became or would become of it. */
export function BulkRowTable({ rows, timeZone }: { rows: readonly BulkRow[]; timeZone: string }) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  return (
    <DataTable
      caption="Rows of the bulk job"
      columns={shown}
      rows={rows}
      getRowId={(row) => String(row.number)}
      empty={<EmptyState title="No further rows">The list ends before this place.</EmptyState>}
    />
  );
}
