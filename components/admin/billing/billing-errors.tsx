"use client";

import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { type DataColumn, DataTable } from "@/components/ui/data-table";
import type { NamedBillingError } from "@/lib/billing/billing-admin-schemas";
import { counted } from "./billing-words";

const COLUMNS: DataColumn<NamedBillingError>[] = [
  {
    id: "customer",
    header: "Customer",
    primary: true,
    cell: (error) =>
      error.customer_id ? (
        <TextLink
          quiet
          className="wrap-anywhere"
          href={`/admin/customers/${error.customer_id}/referrals`}
        >
          {error.customer_name ?? "A customer"}
        </TextLink>
      ) : (
        "The run as a whole"
      ),
  },
  {
    id: "service",
    header: "Service",
    cell: (error) =>
      error.package_name ?? (
        <span className="text-text-muted">
          {error.customer_id ? "All services" : "No single one"}
        </span>
      ),
  },
  {
    id: "message",
    header: "Problem",
    cell: (error) => <span className="wrap-anywhere">{error.message}</span>,
  },
];

export type BillingErrorsProps = {
  title: string;
  description: string;
  errors: readonly NamedBillingError[];
};

/** Who could not be billed and why, with the way to each of them. Absent when there is nobody. */
export function BillingErrors({ title, description, errors }: BillingErrorsProps) {
  if (errors.length === 0) return null;
  return (
    <Card padding="flush" aria-labelledby="billing-errors-title">
      <CardHeader
        divided
        title={`${title}: ${counted(errors.length, "problem")}`}
        titleId="billing-errors-title"
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
