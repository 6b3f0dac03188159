"use client";

import { monthName, percentOf } from "@/components/admin/billing/report-words";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/text";
import type { VatReport, VatRow, VatTotal } from "@/lib/billing/report-schemas";
import { countOf } from "@/lib/words";

/** A row of the table: a month and rate, or the sum of all in one currency. */
type Row = VatTotal & Partial<Pick<VatRow, "period_start" | "vat_bps">>;

const column = columnsOf<Row>();

const columns = column.columns([
  column.accessor("period_start", {
    header: "Month supplied",
    meta: { isRowHeader: true },
    cell: ({ row: { original: row } }) =>
      row.period_start ? (
        <div>
          {monthName(row.period_start)}
          <CellNote>{percentOf(row.vat_bps ?? 0)} VAT</CellNote>
        </div>
      ) : (
        <strong className="font-semibold">All months</strong>
      ),
  }),
  column.accessor("invoiced_total_cents", {
    header: "Invoiced",
    meta: { align: "end" },
    cell: ({ row: { original: row } }) => (
      <div>
        <Money cents={row.invoiced_total_cents} currency={row.currency} />
        <CellNote>{countOf(row.invoices, "invoice")}</CellNote>
      </div>
    ),
  }),
  column.accessor("credited_total_cents", {
    header: "Credited",
    meta: { align: "end" },
    cell: ({ row: { original: row } }) => (
      <div>
        <Money cents={row.credited_total_cents} currency={row.currency} />
        <CellNote>{countOf(row.credit_notes, "credit note")}</CellNote>
      </div>
    ),
  }),
  column.accessor("net_cents", {
    header: "Net",
    meta: { align: "end" },
    cell: ({ row: { original: row } }) => <Money cents={row.net_cents} currency={row.currency} />,
  }),
  column.accessor("vat_cents", {
    header: "VAT",
    meta: { align: "end" },
    cell: ({ row: { original: row } }) => (
      <div>
        <Money cents={row.vat_cents} currency={row.currency} className="font-medium" />
        {row.late_vat_cents === 0 ? null : (
          <CellNote>
            <Money cents={row.late_vat_cents} currency={row.currency} /> issued later
          </CellNote>
        )}
      </div>
    ),
  }),
  column.accessor("total_cents", {
    header: "Total",
    meta: { align: "end" },
    cell: ({ row: { original: row } }) => <Money cents={row.total_cents} currency={row.currency} />,
  }),
]);

/** VAT by the month supplied and the rate, with the sums below. */
export function VatTable({ report }: { report: VatReport }) {
  return (
    <DataTable
      caption="VAT by the month supplied and the rate"
      columns={columns}
      rows={[...report.rows, ...(report.rows.length > 1 ? report.totals : [])] as Row[]}
      getRowId={(row) => `${row.period_start ?? "all"} ${row.currency} ${row.vat_bps ?? ""}`}
      empty={
        <EmptyState title="No invoices for these months">
          Choose other days. What is reported is the month supplied, not the day of issue.
        </EmptyState>
      }
    />
  );
}
