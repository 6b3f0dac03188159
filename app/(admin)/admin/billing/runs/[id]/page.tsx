import type { Metadata } from "next";
import { cycleDays } from "@/components/admin/billing/billing-words";
import { BillingInvoiceTable } from "@/components/admin/billing/invoices/billing-invoice-table";
import { BillingRunView } from "@/components/admin/billing/runs/billing-run-view";
import { RunCompletions, RunLeftOut, RunSums } from "@/components/admin/billing/runs/run-report";
import { runInvoiceList } from "@/components/admin/lists/definitions";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Pagination } from "@/components/ui/pagination";
import { cycleOfMonth } from "@/lib/billing/cycle";
import { systemClock } from "@/lib/clock";
import { formatCount } from "@/lib/words";
import type { SearchParams } from "../../../list-query";
import { linksOf, readList } from "../../../list-state";
import { getRun } from "./run";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Pick<Props, "params">): Promise<Metadata> {
  const { run } = await getRun((await params).id);
  return { title: `Billing run for ${cycleDays(run)}` };
}

export default async function BillingRunPage({ params, searchParams }: Props) {
  const { run, session, admin, services } = await getRun((await params).id);
  const { reports } = services.admin;
  const list = readList(runInvoiceList(run.id), await searchParams);
  const { cursor, backward, limit } = list.page;
  const [report, page] = await Promise.all([
    reports.run(run.id),
    reports.listRunInvoices(run.id, { cursor, backward, limit }),
  ]);
  const now = systemClock();
  return (
    <BillingRunView
      key={run.id}
      initial={run}
      cycle={cycleOfMonth(run.period_start.slice(0, 7), now, session.time_zone)}
      timeZone={session.time_zone}
      canStart={admin.permissions.includes("billing:manage_invoices")}
    >
      <RunSums
        report={report}
        runId={run.id}
        canExport={admin.permissions.includes("data:export")}
      />
      <RunCompletions report={report} />
      <Card padding="flush" aria-labelledby="run-invoices-title">
        <CardHeader
          divided
          title={`Its invoices: ${formatCount(report.invoices)}`}
          titleId="run-invoices-title"
          actions={
            <TextLink href={`/admin/billing/invoices?run=${run.id}`}>
              Search and filter them
            </TextLink>
          }
        />
        <BillingInvoiceTable
          hiddenColumns={list.hiddenColumns}
          caption="Invoices of this run, by number"
          invoices={page.invoices}
          timeZone={session.time_zone}
          now={now.toISOString()}
          empty={
            <EmptyState title="No invoices">
              Every service had its invoice before this run, or is named below.
            </EmptyState>
          }
        />
        <Pagination {...linksOf(list, page)} shown={page.invoices.length} total={report.invoices} />
      </Card>
      <RunLeftOut report={report} />
    </BillingRunView>
  );
}
