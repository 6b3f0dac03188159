"use client";

import { useMemo } from "react";
import { StatusBadge } from "@/components/ui/badge";
import { LinkButton } from "@/components/ui/button";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import { formatCount } from "@/components/ui/wording";
import type { CustomerRow } from "@/lib/admin/customer-schemas";
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

export type CustomerTableProps = {
  customers: readonly CustomerRow[];
  timeZone: string;
  /** What was searched for, if anything. */
  term?: string;
};

/** Customers with their code, service, friends and waiting rewards. */
export function CustomerTable({ customers, timeZone, term }: CustomerTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  return (
    <DataTable
      caption={term ? `Customers found for ${term}` : "Customers, newest first"}
      columns={shown}
      rows={customers}
      getRowId={(row) => row.id}
      empty={
        term ? (
          <EmptyState
            title="No customer found"
            action={<LinkButton href="/admin/customers">Show all customers</LinkButton>}
          >
            Search by the beginning of a name or e-mail address, or by a whole referral code or
            phone number.
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
