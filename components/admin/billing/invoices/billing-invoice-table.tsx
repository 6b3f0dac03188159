"use client";

import { useMemo } from "react";
import { invoiceStatus } from "@/components/invoices/invoice-status";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/states";
import { DateText, EmailText, LineText, Money } from "@/components/ui/text";
import type { InvoiceRow } from "@/lib/billing/billing-admin-schemas";

const muted = "font-normal text-text-muted text-xs";

/** What is unusual about an invoice, each in words. */
function Marks({ invoice }: { invoice: InvoiceRow }) {
  return (
    <>
      {invoice.is_free_month ? <Badge tone="accent">Free month</Badge> : null}
      {invoice.is_pro_rated ? <Badge>Pro-rated</Badge> : null}
    </>
  );
}

function Amount({ invoice }: { invoice: InvoiceRow }) {
  const { currency } = invoice;
  return (
    <div>
      <Money cents={invoice.total_cents} currency={currency} />
      {invoice.amount_waived_cents > 0 ? (
        <p className={muted}>
          <Money cents={invoice.amount_waived_cents} currency={currency} /> waived
        </p>
      ) : null}
      {invoice.credited_cents > 0 ? (
        <p className={muted}>
          <Money cents={invoice.credited_cents} currency={currency} /> credited
        </p>
      ) : null}
    </div>
  );
}

function columns(timeZone: string, now: string): DataColumn<InvoiceRow>[] {
  return [
    {
      id: "number",
      header: "Invoice",
      primary: true,
      cell: (invoice) => (
        <div>
          <TextLink
            quiet
            className="md:whitespace-nowrap"
            href={`/invoices/${encodeURIComponent(invoice.invoice_number)}`}
          >
            {invoice.invoice_number}
          </TextLink>
          <p className={muted}>
            <DateText value={invoice.issued_at} timeZone={timeZone} />
          </p>
        </div>
      ),
    },
    {
      id: "customer",
      header: "Customer",
      cell: (invoice) => (
        <div className="max-md:wrap-anywhere md:max-w-44 xl:max-w-60">
          <TextLink quiet href={`/admin/customers/${invoice.customer.id}/referrals`}>
            {invoice.customer.name}
          </TextLink>
          <p className={muted}>
            <EmailText value={invoice.customer.email} />
          </p>
        </div>
      ),
    },
    {
      id: "what",
      header: "For",
      cell: (invoice) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <span className="wrap-anywhere">
            <LineText value={invoice.description} />
          </span>
          <span className="flex flex-wrap gap-1 max-md:justify-end">
            <Marks invoice={invoice} />
          </span>
        </div>
      ),
    },
    {
      id: "status",
      header: "Status",
      cell: (invoice) => {
        const status = invoiceStatus(invoice, now, timeZone);
        return (
          <div className="flex flex-col items-start gap-1 max-md:items-end">
            <StatusBadge
              kind="invoice"
              status={status}
              label={status === "free" ? "Nothing due" : undefined}
            />
            {status === "due" || status === "overdue" ? (
              <span className={muted}>
                {status === "due" ? "By" : "Since"}{" "}
                <DateText value={invoice.due_on} timeZone={timeZone} />
              </span>
            ) : null}
          </div>
        );
      },
    },
    {
      id: "total",
      header: "Total",
      align: "end",
      cell: (invoice) => <Amount invoice={invoice} />,
    },
  ];
}

export type BillingInvoiceTableProps = {
  invoices: readonly InvoiceRow[];
  timeZone: string;
  /** ISO instant that decides what is overdue. */
  now: string;
  isFiltered: boolean;
};

/** Invoices of all customers. */
export function BillingInvoiceTable({
  invoices,
  timeZone,
  now,
  isFiltered,
}: BillingInvoiceTableProps) {
  const shown = useMemo(() => columns(timeZone, now), [timeZone, now]);
  return (
    <DataTable
      caption="Invoices, newest first"
      columns={shown}
      rows={invoices}
      getRowId={(invoice) => invoice.id}
      empty={
        isFiltered ? (
          <EmptyState title="Nothing matches">
            Choose another filter or change the search. A number is found by its beginning.
          </EmptyState>
        ) : (
          <EmptyState title="No invoices yet">
            The first billing run issues them. The preview shows what it would do.
          </EmptyState>
        )
      }
    />
  );
}
