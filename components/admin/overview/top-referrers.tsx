"use client";

import { CustomerLink } from "@/components/admin/customers/customer-link";
import { Card, CardHeader } from "@/components/ui/card";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { formatCount } from "@/components/ui/wording";
import type { Metrics } from "@/lib/admin/programme-schemas";

type TopReferrer = Metrics["top_referrers"][number];

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

/** The customers who referred the most friends in the period. */
export function TopReferrers({ referrers }: { referrers: readonly TopReferrer[] }) {
  return (
    <Card padding="flush" aria-labelledby="top-referrers-title">
      <CardHeader divided title="Top referrers" titleId="top-referrers-title" />
      <DataTable
        caption="Customers who referred the most friends in this period"
        columns={COLUMNS}
        rows={referrers}
        getRowId={(row) => row.id}
        isSortable
        empty={
          <EmptyState title="Nobody referred a friend in this period">
            Customers find their link on their dashboard.
          </EmptyState>
        }
      />
    </Card>
  );
}
