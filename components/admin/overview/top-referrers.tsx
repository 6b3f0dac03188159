"use client";

import { CustomerLink } from "@/components/admin/customers/customer-link";
import { Card, CardHeader } from "@/components/ui/card";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import type { TopReferrers as Referrers } from "@/lib/admin/metrics-schemas";
import { countOf, formatCount } from "@/lib/words";

type TopReferrer = Referrers["top"][number];

const column = columnsOf<TopReferrer>();
const COLUMNS = column.columns([
  column.accessor("name", {
    header: "Customer",
    meta: { isRowHeader: true },
    cell: ({ row }) => <CustomerLink customer={row.original} />,
  }),
  column.accessor("referrals", {
    header: "Friends",
    meta: { align: "end" },
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  column.accessor("qualified", {
    header: "Qualified",
    meta: { align: "end" },
    cell: ({ getValue }) => formatCount(getValue()),
  }),
]);

/** The customers whose friends of the period count most. */
export function TopReferrers({ referrers: { referrers, top } }: { referrers: Referrers }) {
  return (
    <Card padding="flush" aria-labelledby="top-referrers-title">
      <CardHeader
        divided
        title="Top referrers"
        titleId="top-referrers-title"
        description={
          referrers > top.length
            ? `The first ${top.length} of ${countOf(referrers, "customer")} who brought a friend on these days.`
            : "Customers who brought a friend on these days."
        }
      />
      <DataTable
        caption="Customers who referred the most friends on these days"
        columns={COLUMNS}
        rows={top}
        getRowId={(row) => row.id}
        isSortable
        empty={
          <EmptyState title="Nobody referred a friend on these days">
            Customers find their link on their dashboard.
          </EmptyState>
        }
      />
    </Card>
  );
}
