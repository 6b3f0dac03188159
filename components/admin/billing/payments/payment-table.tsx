"use client";

import { useMemo } from "react";
import { CustomerCell } from "@/components/admin/customers/customer-cell";
import { Badge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { CellNote } from "@/components/ui/cell-note";
import { columnsOf, DataTable, type ListLook } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { PaymentRow } from "@/lib/billing/billing-admin-schemas";
import { METHOD_LABELS } from "@/lib/billing/payment-schemas";
import { ReversePayment } from "./reverse-payment";

const column = columnsOf<PaymentRow>();

const columns = (timeZone: string) =>
  column.columns([
    column.accessor("paid_on", {
      header: "Paid on",
      meta: { isRowHeader: true },
      cell: ({ row: { original: payment }, getValue }) => (
        <div className="flex flex-col items-start gap-1">
          <span className="whitespace-nowrap">
            <DateText value={getValue()} timeZone="UTC" />
          </span>
          {payment.reversed_at ? <Badge tone="negative">Taken back</Badge> : null}
        </div>
      ),
    }),
    column.accessor("customer", {
      header: "Customer",
      cell: ({ getValue }) => <CustomerCell customer={getValue()} />,
    }),
    column.accessor("invoice_number", {
      header: "Invoice",
      cell: ({ getValue }) => (
        <TextLink
          quiet
          className="md:whitespace-nowrap"
          href={`/invoices/${encodeURIComponent(getValue())}`}
        >
          {getValue()}
        </TextLink>
      ),
    }),
    column.accessor("method", {
      header: "How",
      cell: ({ row: { original: payment }, getValue }) => (
        <div>
          <p>{METHOD_LABELS[getValue()]}</p>
          {payment.reference ? (
            <CellNote className="wrap-anywhere max-w-48">
              <bdi>{payment.reference}</bdi>
            </CellNote>
          ) : null}
        </div>
      ),
    }),
    column.accessor("created_at", {
      header: "Recorded",
      cell: ({ row: { original: payment }, getValue }) => (
        <div>
          <DateText value={getValue()} timeZone={timeZone} withTime />
          <CellNote className="wrap-anywhere">
            by <bdi>{payment.recorded_by ?? "the payment system"}</bdi>
          </CellNote>
          {payment.reversal_reason ? (
            <CellNote className="wrap-anywhere max-w-48">
              Taken back: <q>{payment.reversal_reason}</q>
            </CellNote>
          ) : null}
        </div>
      ),
    }),
    column.accessor("amount_cents", {
      header: "Amount",
      meta: { align: "end" },
      cell: ({ row: { original: payment }, getValue }) => (
        <Money cents={getValue()} currency={payment.currency} />
      ),
    }),
    column.display({
      id: "actions",
      header: "Actions",
      meta: { hideHeader: true, align: "end" },
      cell: ({ row: { original: payment } }) =>
        payment.reversed_at ? null : (
          <ReversePayment
            payment={payment}
            invoiceNumber={payment.invoice_number}
            currency={payment.currency}
          />
        ),
    }),
  ]);

const NONE: readonly string[] = [];

export type PaymentTableProps = ListLook & {
  payments: readonly PaymentRow[];
  timeZone: string;
  /** The viewer may take payments back. */
  canManage: boolean;
  isFiltered: boolean;
};

/** Payments of all customers, each for the invoice that it names. */
export function PaymentTable({
  payments,
  timeZone,
  canManage,
  isFiltered,
  hiddenColumns = NONE,
  sortLinks,
}: PaymentTableProps) {
  const shown = useMemo(() => columns(timeZone), [timeZone]);
  const hidden = useMemo(
    () => (canManage ? hiddenColumns : [...hiddenColumns, "actions"]),
    [canManage, hiddenColumns],
  );
  return (
    <DataTable
      caption="Payments"
      columns={shown}
      hiddenColumns={hidden}
      sortLinks={sortLinks}
      rows={payments}
      getRowId={(payment) => payment.id}
      empty={
        isFiltered ? (
          <EmptyState title="Nothing matches">
            Search for a customer or a whole invoice number, or choose another filter.
          </EmptyState>
        ) : (
          <EmptyState title="No payments yet">
            Payments that are recorded or imported appear here.
          </EmptyState>
        )
      }
    />
  );
}
