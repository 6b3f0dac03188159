import type { Metadata } from "next";
import { Suspense } from "react";
import { CohortTable } from "@/components/admin/overview/cohort-table";
import { ExpiryForecast } from "@/components/admin/overview/expiry-forecast";
import { Funnel } from "@/components/admin/overview/funnel";
import { KeyFigures } from "@/components/admin/overview/key-figures";
import { LastBillingRun } from "@/components/admin/overview/last-billing-run";
import { keyFigures } from "@/components/admin/overview/metrics";
import { ChannelTable, PackageTable } from "@/components/admin/overview/origin-tables";
import { PeriodPicker } from "@/components/admin/overview/period-picker";
import { ReviewHealth } from "@/components/admin/overview/review-health";
import { TopReferrers } from "@/components/admin/overview/top-referrers";
import { TrendChart } from "@/components/admin/overview/trend-chart";
import { WorkQueues } from "@/components/admin/overview/work-queues";
import { TableSkeleton } from "@/components/admin/shell/page-skeleton";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import type { MetricsPeriod } from "@/lib/admin/metrics-service";
import { systemClock } from "@/lib/clock";
import { type PageSession, requireAdminPage } from "@/lib/composition/page-session";
import { formatDateRange, localDate } from "@/lib/dates";
import { param, type SearchParams } from "../list-query";
import { chosenPeriod } from "./chosen-period";

export const metadata: Metadata = { title: "Overview" };

/** What the figures are compared with, in words. */
function comparedWith(metrics: Metrics): string {
  const { previous_first_day: first, previous_last_day: last } = metrics;
  return first && last ? `, against ${formatDateRange(first, last)}` : "";
}

async function Referrers({
  services,
  period,
}: Pick<PageSession, "services"> & { period: MetricsPeriod }) {
  return <TopReferrers referrers={await services.admin.metrics.getTopReferrers(period)} />;
}

export default async function OverviewPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage("/admin");
  const { time_zone: timeZone } = session;
  const params = await searchParams;
  const today = localDate(systemClock(), timeZone);
  const { period, compare, notes } = chosenPeriod(
    {
      days: param(params, "days"),
      from: param(params, "from"),
      to: param(params, "to"),
      compare: param(params, "compare"),
    },
    today,
  );
  const mayReview = admin.permissions.includes("referrals:review");
  const [metrics, review] = await Promise.all([
    services.admin.metrics.getMetrics(period, compare),
    mayReview ? services.admin.referrals.getReviewOverview() : null,
  ]);
  const { queues, currency } = metrics;

  return (
    <>
      <PageHeader
        title="Overview"
        description={`${formatDateRange(metrics.first_day, metrics.last_day)}, ${
          metrics.includes_today ? "today so far included" : "whole days"
        }${comparedWith(metrics)}.`}
      />
      <PeriodPicker metrics={metrics} today={today} days={"days" in period ? period.days : null} />
      {notes.map((note) => (
        <Notice key={note} tone="warning" className="mb-4">
          {note}
        </Notice>
      ))}
      {metrics.is_current ? null : (
        <Notice className="mb-4">
          Many changes are still being counted. The figures are complete within a few minutes.
        </Notice>
      )}
      <div className="flex flex-col gap-4 sm:gap-6">
        <h2 className="sr-only">Key figures</h2>
        <KeyFigures figures={keyFigures(metrics)} />
        <div className="grid gap-4 sm:gap-6 lg:grid-cols-2">
          <TrendChart bars={metrics.bars} shown={metrics} />
          <Funnel metrics={metrics} />
        </div>
        <div className="grid items-start gap-4 sm:gap-6 2xl:grid-cols-2">
          <ChannelTable channels={metrics.channels} shown={metrics} />
          <PackageTable packages={metrics.packages} shown={metrics} />
        </div>
        <CohortTable cohorts={metrics.cohorts} shown={metrics} />
        <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
          <div className="flex flex-col gap-4 sm:gap-6">
            <Suspense fallback={<TableSkeleton label="Loading the top referrers" />}>
              <Referrers services={services} period={period} />
            </Suspense>
            {review ? <ReviewHealth overview={review} timeZone={timeZone} /> : null}
          </div>
          <div className="flex flex-col gap-4 sm:gap-6">
            <ExpiryForecast metrics={metrics} />
            <WorkQueues
              queues={[
                {
                  id: "review",
                  label: "Referrals to review",
                  count: queues.review,
                  href: mayReview ? "/admin/review" : "/admin/referrals?flagged=true",
                },
                {
                  id: "orders",
                  label: "Orders waiting",
                  count: queues.orders_pending,
                  href: "/admin/orders?status=pending",
                },
                {
                  id: "installing",
                  label: "Orders being installed",
                  count: queues.orders_installing,
                  href: "/admin/orders?status=installing",
                },
                {
                  id: "failed",
                  label: "Mails given up",
                  count: queues.failed_mails,
                  href: "/admin/mailbox?status=failed",
                  urgent: true,
                },
                {
                  id: "queued",
                  label: "Mails queued",
                  count: queues.queued_mails,
                  href: "/admin/mailbox?status=queued",
                },
              ]}
            />
            <LastBillingRun
              run={metrics.last_billing_run}
              timeZone={timeZone}
              currency={currency}
            />
          </div>
        </div>
      </div>
    </>
  );
}
