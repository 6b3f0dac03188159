"use client";

import { useMemo } from "react";
import { StatusBadge } from "@/components/ui/badge";
import { LinkButton, TextLink } from "@/components/ui/button";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import { DateText, EmailText } from "@/components/ui/text";
import type { CustomerRow } from "@/lib/admin/customer-schemas";

function columns(timeZone: string): DataColumn<CustomerRow>[] {
  return [
    {
      id: "name",
      header: "Customer",
      primary: true,
      className: "xl:min-w-44",
      cell: (row) => (
        <div className="max-md:wrap-anywhere md:max-w-40 xl:max-w-56">
          <TextLink quiet href={`/admin/customers/${row.id}/referrals`}>
            {row.name}
          </TextLink>
          <p className="font-normal text-text-muted text-xs">
            <EmailText value={row.email} />
          </p>
        </div>
      ),
    },
    {
      id: "code",
      header: "Code",
      cell: (row) => (
        <span className="whitespace-nowrap font-mono md:max-xl:text-xs">{row.referral_code}</span>
      ),
    },
    {
      id: "phone",
      header: "Phone",
      className: "whitespace-nowrap md:max-xl:text-xs",
      cell: (row) => row.phone ?? "–",
    },
    {
      id: "service",
      header: "Service",
      cell: (row) =>
        row.service_status ? (
          <StatusBadge kind="service" status={row.service_status} />
        ) : (
          <span className="text-text-muted">None</span>
        ),
    },
    { id: "referrals", header: "Friends", align: "end", cell: (row) => row.referrals },
    { id: "rewards", header: "Rewards waiting", align: "end", cell: (row) => row.pending_rewards },
    {
      id: "since",
      header: "Customer since",
      align: "end",
      cell: (row) => <DateText value={row.created_at} timeZone={timeZone} />,
    },
  ];
}

export type CustomerTableProps = {
  customers: readonly CustomerRow[];
  timeZone: string;
  /** What was searched for, if anything. */
  term?: string;
};

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
          <EmptyState title="No customers yet">They appear here with their first order.</EmptyState>
        )
      }
    />
  );
}
