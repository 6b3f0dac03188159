"use client";

import { useMemo } from "react";
import { StatusBadge } from "@/components/ui/badge";
import { LinkButton } from "@/components/ui/button";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { CustomerRow } from "@/lib/admin/customer-schemas";
import { formatCount } from "@/lib/words";
import { CustomerCell } from "./customer-cell";

const column = columnsOf<CustomerRow>();

const columns = (timeZone: string) =>
  column.columns([
    column.accessor("name", {
      header: "Customer",
      meta: { isRowHeader: true, className: "xl:min-w-44" },
      cell: ({ row }) => <CustomerCell customer={row.original} />,
    }),
    column.accessor("referral_code", {
      header: "Code",
      cell: ({ getValue }) => (
        <span className="whitespace-nowrap font-mono md:max-xl:text-xs">{getValue()}</span>
      ),
    }),
    column.accessor("phone", {
      header: "Phone",
      meta: { className: "whitespace-nowrap md:max-xl:text-xs" },
      cell: ({ getValue }) => getValue() ?? "–",
    }),
    column.accessor("service_status", {
      header: "Service",
      cell: ({ getValue }) => {
        const status = getValue();
        if (!status) return <span className="text-text-muted">None</span>;
        return <StatusBadge kind="service" status={status} />;
      },
    }),
    column.accessor("referrals", {
      header: "Friends",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    column.accessor("pending_rewards", {
      header: "Rewards waiting",
      meta: { align: "end" },
      cell: ({ getValue }) => formatCount(getValue()),
    }),
    column.accessor("created_at", {
      header: "Customer since",
      meta: { align: "end" },
      cell: ({ getValue }) => <DateText value={getValue()} timeZone={timeZone} />,
    }),
  ]);

export type CustomerTableProps = ListLook & {
  customers: readonly CustomerRow[];
  timeZone: string;
  /** What was searched for, if anything. */
  term?: string;
  isFiltered: boolean;
};

/** Customers with their code, service, friends and waiting rewards. */
export function CustomerTable({
  customers,
  timeZone,
  term,
  isFiltered,
  ...look
}: CustomerTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  return (
    <DataTable
      {...look}
      caption={term ? `Customers found for ${term}` : "Customers"}
      columns={shown}
      rows={customers}
      getRowId={(row) => row.id}
      empty={
        isFiltered ? (
          <EmptyState
            title="No customer found"
            action={<LinkButton href="/admin/customers">Show all customers</LinkButton>}
          >
            Search by parts of a name, e-mail address, code or phone number, or choose other days.
          </EmptyState>
        ) : (
          <EmptyState title="No customers yet">
            A customer appears here with their first order.
          </EmptyState>
        )
      }
    />
  );
}
