"use client";

import { useMemo } from "react";
import { TextLink } from "@/components/ui/button";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, EmailText } from "@/components/ui/text";
import type { Suppression } from "@/lib/admin/mailbox-schemas";
import { SUPPRESSION_WORDS } from "./delivery-words";
import { LiftSuppression } from "./lift-suppression";

const column = columnsOf<Suppression>();

const columns = (timeZone: string, mayLift: boolean) =>
  column.columns([
    column.accessor("address", {
      header: "Address",
      meta: { isRowHeader: true },
      cell: ({ row: { original: row } }) =>
        row.customer_id ? (
          <TextLink quiet href={`/admin/customers/${row.customer_id}`} className="wrap-anywhere">
            {row.address}
          </TextLink>
        ) : (
          <EmailText value={row.address} className="max-md:wrap-anywhere" />
        ),
    }),
    column.accessor("cause", {
      header: "Why",
      cell: ({ row: { original: row } }) =>
        row.notification_id ? (
          <TextLink href={`/admin/mailbox/${row.notification_id}`}>
            {SUPPRESSION_WORDS[row.cause]}
          </TextLink>
        ) : (
          SUPPRESSION_WORDS[row.cause]
        ),
    }),
    column.accessor("created_at", {
      header: "Since",
      meta: { align: "end" },
      cell: ({ getValue }) => <DateText value={getValue()} timeZone={timeZone} withTime />,
    }),
    ...(mayLift
      ? [
          column.display({
            id: "lift",
            header: "Action",
            meta: { align: "end" },
            cell: ({ row: { original: row } }) => (
              <LiftSuppression id={row.id} address={row.address} />
            ),
          }),
        ]
      : []),
  ]);

export type SuppressionsTableProps = ListLook & {
  suppressions: readonly Suppression[];
  timeZone: string;
  mayLift: boolean;
  isFiltered: boolean;
};

/** Addresses that get no mails. */
export function SuppressionsTable({
  suppressions,
  timeZone,
  mayLift,
  isFiltered,
  ...look
}: SuppressionsTableProps) {
  const shown = useMemo(() => columns(timeZone, mayLift), [timeZone, mayLift]);
  return (
    <DataTable
      {...look}
      caption="Addresses that get no mails"
      columns={shown}
      rows={suppressions}
      getRowId={(row) => row.id}
      empty={
        isFiltered ? (
          <EmptyState title="Nothing matches">
            Search for a whole address, or choose another cause.
          </EmptyState>
        ) : (
          <EmptyState title="Every address gets its mails">
            An address appears here when its mails bounce or are reported as spam.
          </EmptyState>
        )
      }
    />
  );
}
