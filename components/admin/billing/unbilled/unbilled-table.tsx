"use client";

import { TextLink } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import type { Unbilled } from "@/lib/billing/billing-admin-schemas";
import { formatDateRange } from "@/lib/dates";

const column = columnsOf<Unbilled>();

const columns = column.columns([
  column.accessor("customer_name", {
    header: "Customer",
    meta: { isRowHeader: true },
    cell: ({ row: { original: item } }) => (
      <div>
        <TextLink
          quiet
          href={`/admin/customers/${item.customer_id}/account`}
          className="wrap-anywhere"
        >
          <bdi>{item.customer_name}</bdi>
        </TextLink>
        <CellNote className="wrap-anywhere">{item.package_name}</CellNote>
      </div>
    ),
  }),
  column.accessor("from", {
    header: "Active days",
    cell: ({ row: { original: item } }) => (
      <span className="md:whitespace-nowrap">{formatDateRange(item.from, item.to)}</span>
    ),
  }),
  column.accessor("reason", {
    header: "Why there is no invoice",
    cell: ({ row: { original: item } }) => <p className="wrap-anywhere">{item.reason}</p>,
  }),
]);

/** Months of services that are due and not billed, the oldest first. */
export function UnbilledTable({
  items,
  isFiltered,
  hiddenColumns,
}: Pick<ListLook, "hiddenColumns"> & { items: readonly Unbilled[]; isFiltered: boolean }) {
  return (
    <DataTable
      caption="Months of services that are not billed, oldest first"
      columns={columns}
      hiddenColumns={hiddenColumns}
      rows={items}
      getRowId={(item) => `${item.service_id} ${item.period_start}`}
      empty={
        isFiltered ? (
          <EmptyState title="This month is billed">
            Choose another month, or all of them.
          </EmptyState>
        ) : (
          <EmptyState title="Everything is billed">
            Each service has an invoice for every month in which it was active.
          </EmptyState>
        )
      }
    />
  );
}
