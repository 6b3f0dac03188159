"use client";

import { useId } from "react";
import { CustomerLink } from "@/components/admin/customers/customer-link";
import { Card, CardHeader } from "@/components/ui/card";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import type { NamedBillingError } from "@/lib/billing/billing-admin-schemas";
import { countOf } from "@/lib/words";

const column = columnsOf<NamedBillingError>();
const COLUMNS = column.columns([
  column.accessor("customer_name", {
    header: "Customer",
    meta: { isRowHeader: true },
    cell: ({ row: { original: error } }) =>
      error.customer_id ? (
        <CustomerLink
          className="wrap-anywhere"
          customer={{ id: error.customer_id, name: error.customer_name ?? "A customer" }}
        />
      ) : (
        "The run as a whole"
      ),
  }),
  column.accessor("package_name", {
    header: "Service",
    cell: ({ row: { original: error } }) =>
      error.package_name ?? (
        <span className="text-text-muted">
          {error.customer_id ? "All services" : "No single one"}
        </span>
      ),
  }),
  column.accessor("message", {
    header: "Problem",
    cell: ({ getValue }) => <span className="wrap-anywhere">{getValue()}</span>,
  }),
]);

export type BillingErrorsProps = {
  title: string;
  description: string;
  errors: readonly NamedBillingError[];
};

/** Who could not be billed and why, with a link to each customer. Absent without errors. */
export function BillingErrors({ title, description, errors }: BillingErrorsProps) {
  const titleId = useId();
  if (errors.length === 0) return null;
  return (
    <Card padding="flush" aria-labelledby={titleId}>
      <CardHeader
        divided
        title={`${title}: ${countOf(errors.length, "problem")}`}
        titleId={titleId}
        description={description}
      />
      <DataTable
        caption={title}
        columns={COLUMNS}
        rows={errors}
        getRowId={(error) => `${error.customer_id} ${error.service_id} ${error.message}`}
        empty={null}
      />
    </Card>
  );
}
