"use client";

import { cycleDays } from "@/components/admin/billing/billing-words";
import { DownloadLink } from "@/components/admin/billing/download-link";
import { TREATMENTS } from "@/components/admin/billing/report-words";
import { CustomerLink } from "@/components/admin/customers/customer-link";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { columnsOf, DataTable } from "@/components/ui/data-table";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";
import type { LeftOut, RunReport } from "@/lib/billing/report-schemas";
import { countOf } from "@/lib/words";

function FreeMonths({
  report,
  treatment,
}: {
  report: RunReport;
  treatment: keyof typeof TREATMENTS;
}) {
  const months = report[`${treatment}_months`];
  if (months === 0) return "None";
  return (
    <>
      {countOf(months, "free month")},{" "}
      <Money cents={report[`${treatment}_cents`]} currency={report.currency} /> waived
    </>
  );
}

function numbersOf({ first_number, last_number }: RunReport): string {
  if (first_number === null) return "None";
  return first_number === last_number ? first_number : `${first_number} to ${last_number}`;
}

/** Numbers and sums of a run, as an accountant books them. */
export function RunSums({
  report,
  runId,
  canExport,
}: {
  report: RunReport;
  runId: string;
  /** The viewer may save files. */
  canExport: boolean;
}) {
  const money = (cents: number) => <Money cents={cents} currency={report.currency} />;
  return (
    <Card aria-labelledby="run-sums-title">
      <CardHeader
        title="For the accounts"
        titleId="run-sums-title"
        description={
          report.is_completion
            ? "This run completed a month that was over: its invoices belong to that month."
            : "The invoices of this cycle that this run issued."
        }
        actions={
          canExport ? (
            <DownloadLink href={`/api/admin/billing/runs/${runId}?format=csv`}>
              This run as CSV
            </DownloadLink>
          ) : null
        }
      />
      <DescriptionList
        layout="columns"
        items={[
          { label: "Invoice numbers", value: numbersOf(report) },
          { label: "Net", value: money(report.net_cents) },
          { label: "VAT", value: money(report.vat_cents) },
          { label: "Total", value: money(report.total_cents) },
          {
            label: `Free months: ${TREATMENTS.discount.toLowerCase()}`,
            value: <FreeMonths report={report} treatment="discount" />,
          },
          {
            label: `Free months: ${TREATMENTS.consideration.toLowerCase()}`,
            value: <FreeMonths report={report} treatment="consideration" />,
          },
        ]}
      />
    </Card>
  );
}

type Completion = RunReport["completions"][number];

const completionColumn = columnsOf<Completion & { currency: string }>();
const COMPLETIONS = completionColumn.columns([
  completionColumn.accessor("period_start", {
    header: "Month",
    meta: { isRowHeader: true },
    cell: ({ row: { original: run } }) => (
      <TextLink quiet href={`/admin/billing/runs/${run.id}`}>
        {cycleDays(run)}
      </TextLink>
    ),
  }),
  completionColumn.accessor("status", {
    header: "Status",
    cell: ({ getValue }) => <StatusBadge kind="billing_run" status={getValue()} />,
  }),
  completionColumn.accessor("invoices", { header: "Invoices", meta: { align: "end" } }),
  completionColumn.accessor("total_cents", {
    header: "Total",
    meta: { align: "end" },
    cell: ({ row: { original: run } }) => <Money cents={run.total_cents} currency={run.currency} />,
  }),
]);

/** What was billed on the same day for months before the cycle. Absent without any. */
export function RunCompletions({ report }: { report: RunReport }) {
  const { completions, currency } = report;
  if (completions.length === 0) return null;
  return (
    <Card padding="flush" aria-labelledby="completions-title">
      <CardHeader
        divided
        title="Earlier months completed on the same day"
        titleId="completions-title"
        description="These invoices are not in the figures of this run."
      />
      <DataTable
        caption="Runs that completed earlier months"
        columns={COMPLETIONS}
        rows={completions.map((run) => ({ ...run, currency }))}
        getRowId={(run) => run.id}
        empty={null}
      />
    </Card>
  );
}

const leftOutColumn = columnsOf<LeftOut>();
const LEFT_OUT = leftOutColumn.columns([
  leftOutColumn.accessor("customer_name", {
    header: "Customer",
    meta: { isRowHeader: true },
    cell: ({ row: { original: item } }) => (
      <CustomerLink
        className="wrap-anywhere"
        customer={{ id: item.customer_id, name: item.customer_name }}
      />
    ),
  }),
  leftOutColumn.accessor("package_name", { header: "Service" }),
  leftOutColumn.accessor("reason", {
    header: "Why",
    cell: ({ getValue }) => <span className="wrap-anywhere">{getValue()}</span>,
  }),
]);

/** Services without an invoice of the cycle: how many for each reason, and the first of them. */
export function RunLeftOut({ report }: { report: RunReport }) {
  const { services, reasons, first } = report.left_out;
  if (services === 0) return null;
  return (
    <Card padding="flush" aria-labelledby="left-out-title">
      <CardHeader
        divided
        title={`Without an invoice: ${countOf(services, "service")}`}
        titleId="left-out-title"
        description={reasons.map((each) => `${each.reason}: ${each.services}`).join(" · ")}
      />
      <DataTable
        caption="Services without an invoice of this cycle"
        columns={LEFT_OUT}
        rows={first}
        getRowId={(item) => item.service_id}
        empty={null}
      />
      {services > first.length ? (
        <p className="border-t px-4 py-3 text-sm text-text-muted sm:px-6">
          The first {first.length} are shown. The CSV of the run has all of them.
        </p>
      ) : null}
    </Card>
  );
}
