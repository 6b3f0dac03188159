"use client";

import { type ReactNode, useMemo } from "react";
import { CustomerCell } from "@/components/admin/customers/customer-cell";
import { invoiceStatus } from "@/components/invoices/invoice-status";
import { LineText } from "@/components/invoices/line-text";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { CellNote, noteClasses } from "@/components/ui/cell-note";
import { cn } from "@/components/ui/cn";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { DateText, Money } from "@/components/ui/text";
import type { InvoiceRow } from "@/lib/billing/billing-admin-schemas";

/** What is unusual about an invoice, each in words. */
function Marks({ invoice }: { invoice: InvoiceRow }) {
  return (
    <span className="flex flex-wrap gap-1 max-md:justify-end">
      {invoice.is_free_month ? <Badge tone="accent">Free month</Badge> : null}
      {invoice.is_pro_rated ? <Badge>Pro-rated</Badge> : null}
      {invoice.is_completion ? <Badge tone="info">Completion</Badge> : null}
    </span>
  );
}

function Status({
  invoice,
  timeZone,
  now,
}: {
  invoice: InvoiceRow;
  timeZone: string;
  now: string;
}) {
  const status = invoiceStatus(invoice, now, timeZone);
  return (
    <div className="flex flex-col items-start gap-1 max-md:items-end">
      <StatusBadge
        kind="invoice"
        status={status}
        label={status === "free" ? "Nothing due" : undefined}
      />
      {status === "due" || status === "part_paid" || status === "overdue" ? (
        <span className={cn(noteClasses, "md:whitespace-nowrap")}>
          {status === "overdue" ? "Since" : "By"}{" "}
          <DateText value={invoice.due_on} timeZone={timeZone} />
        </span>
      ) : null}
    </div>
  );
}

function Amount({ invoice }: { invoice: InvoiceRow }) {
  const { currency } = invoice;
  return (
    <div>
      <Money cents={invoice.total_cents} currency={currency} />
      {invoice.amount_waived_cents > 0 ? (
        <CellNote>
          <Money cents={invoice.amount_waived_cents} currency={currency} /> waived
        </CellNote>
      ) : null}
      {invoice.credited_cents > 0 ? (
        <CellNote>
          <Money cents={invoice.credited_cents} currency={currency} /> credited
        </CellNote>
      ) : null}
      {!invoice.is_paid && invoice.outstanding_cents < invoice.amount_due_cents ? (
        <CellNote>
          <Money cents={invoice.outstanding_cents} currency={currency} /> outstanding
        </CellNote>
      ) : null}
    </div>
  );
}

const column = columnsOf<InvoiceRow>();

const columns = (timeZone: string, now: string) =>
  column.columns([
    column.accessor("invoice_number", {
      header: "Invoice",
      meta: { isRowHeader: true },
      cell: ({ row, getValue }) => (
        <div>
          <TextLink
            quiet
            className="md:whitespace-nowrap"
            href={`/invoices/${encodeURIComponent(getValue())}`}
          >
            {getValue()}
          </TextLink>
          <CellNote>
            <DateText value={row.original.issued_at} timeZone={timeZone} />
          </CellNote>
        </div>
      ),
    }),
    column.accessor("customer", {
      header: "Customer",
      cell: ({ getValue }) => (
        <CustomerCell customer={getValue()} className="md:max-w-44 xl:max-w-60" />
      ),
    }),
    column.accessor("description", {
      header: "For",
      cell: ({ row, getValue }) => (
        <div className="flex flex-col items-start gap-1 max-md:items-end">
          <span className="wrap-anywhere">
            <LineText value={getValue()} />
          </span>
          <Marks invoice={row.original} />
        </div>
      ),
    }),
    column.display({
      id: "status",
      header: "Status",
      cell: ({ row }) => <Status invoice={row.original} timeZone={timeZone} now={now} />,
    }),
    column.accessor("total_cents", {
      header: "Total",
      meta: { align: "end" },
      cell: ({ row }) => <Amount invoice={row.original} />,
    }),
  ]);

export type BillingInvoiceTableProps = ListLook & {
  caption?: string;
  invoices: readonly InvoiceRow[];
  timeZone: string;
  /** ISO instant that decides what is overdue. */
  now: string;
  /** Shown in place of the table when there are none. */
  empty: ReactNode;
};

/** Invoices of all customers. */
export function BillingInvoiceTable({
  caption = "Invoices",
  invoices,
  timeZone,
  now,
  empty,
  ...look
}: BillingInvoiceTableProps) {
  const shown = useMemo(() => columns(timeZone, now), [timeZone, now]);
  return (
    <DataTable
      {...look}
      caption={caption}
      columns={shown}
      rows={invoices}
      getRowId={(invoice) => invoice.id}
      empty={empty}
    />
  );
}
