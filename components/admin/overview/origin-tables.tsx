"use client";

import { Card, CardHeader } from "@/components/ui/card";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { formatCount } from "@/lib/words";
import { CHANNEL_WORDS } from "./metrics";
import { type Shown, TableFile } from "./table-file";

type Channel = Metrics["channels"][number];
type PackageRow = Metrics["packages"][number];

const NO_ORDERS = (
  <EmptyState title="Nothing on these days">
    Choose a longer period, or look again when the first friends have ordered.
  </EmptyState>
);

const number = { align: "end" } as const;
const channel = columnsOf<Channel>();
const CHANNEL_COLUMNS = channel.columns([
  channel.accessor((row) => CHANNEL_WORDS[row.channel], {
    id: "channel",
    header: "How the code came",
    meta: { isRowHeader: true },
  }),
  channel.accessor("visits", {
    header: "Visits",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  channel.accessor("orders", {
    header: "Orders",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  channel.accessor("activated", {
    header: "Active",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  channel.accessor("qualified", {
    header: "Qualified",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  channel.accessor("under_way", {
    header: "Can still",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
]);

/** Visits and referred orders by the way on which the code came. */
export function ChannelTable({ channels, shown }: { channels: readonly Channel[]; shown: Shown }) {
  return (
    <Card padding="flush" aria-labelledby="channels-title">
      <CardHeader
        divided
        title="By channel"
        titleId="channels-title"
        description="The orders of these days, and what became of them until now."
        actions={<TableFile table="channels" shown={shown} />}
      />
      <DataTable
        caption="Visits and referred orders by channel"
        columns={CHANNEL_COLUMNS}
        rows={channels}
        getRowId={(row) => row.channel}
        empty={NO_ORDERS}
      />
    </Card>
  );
}

const bought = columnsOf<PackageRow>();
const PACKAGE_COLUMNS = bought.columns([
  bought.accessor("name", {
    header: "Package ordered",
    meta: { isRowHeader: true },
    cell: ({ getValue }) => <bdi>{getValue()}</bdi>,
  }),
  bought.accessor("orders", {
    header: "Orders",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  bought.accessor("activated", {
    header: "Active",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  bought.accessor("paid", {
    header: "Paid",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  bought.accessor("qualified", {
    header: "Qualified",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
  bought.accessor("under_way", {
    header: "Can still",
    meta: number,
    cell: ({ getValue }) => formatCount(getValue()),
  }),
]);

/** Referred orders by the package ordered. */
export function PackageTable({
  packages,
  shown,
}: {
  packages: readonly PackageRow[];
  shown: Shown;
}) {
  return (
    <Card padding="flush" aria-labelledby="packages-title">
      <CardHeader
        divided
        title="By package"
        titleId="packages-title"
        description="The referred orders of these days."
        actions={<TableFile table="packages" shown={shown} />}
      />
      <DataTable
        caption="Referred orders by package"
        columns={PACKAGE_COLUMNS}
        rows={packages}
        getRowId={(row) => row.id}
        empty={NO_ORDERS}
      />
    </Card>
  );
}
