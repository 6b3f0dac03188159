"use client";

import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import type { Metrics } from "@/lib/admin/programme-schemas";

type Referrer = Metrics["top_referrers"][number];

const COLUMNS: readonly DataColumn<Referrer>[] = [
  {
    id: "name",
    header: "Customer",
    primary: true,
    cell: (row) => (
      <TextLink quiet href={`/admin/customers/${row.id}/referrals`}>
        {row.name}
      </TextLink>
    ),
    sortValue: (row) => row.name,
  },
  {
    id: "referrals",
    header: "Friends",
    align: "end",
    cell: (row) => row.referrals,
    sortValue: (row) => row.referrals,
  },
  {
    id: "qualified",
    header: "Qualified",
    align: "end",
    cell: (row) => row.qualified,
    sortValue: (row) => row.qualified,
  },
];

export function TopReferrers({ referrers }: { referrers: readonly Referrer[] }) {
  return (
    <Card padding="flush" aria-labelledby="top-referrers-title">
      <CardHeader divided title="Top referrers" titleId="top-referrers-title" />
      <DataTable
        caption="Customers who referred the most friends in this period"
        columns={COLUMNS}
        rows={referrers}
        getRowId={(row) => row.id}
        empty={
          <EmptyState title="Nobody referred a friend in this period">
            Customers find their link on their dashboard.
          </EmptyState>
        }
      />
    </Card>
  );
}
