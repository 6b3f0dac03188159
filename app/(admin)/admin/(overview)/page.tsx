import type { Metadata } from "next";
import { Funnel } from "@/components/admin/overview/funnel";
import { KeyFigures } from "@/components/admin/overview/key-figures";
import { LastBillingRun } from "@/components/admin/overview/last-billing-run";
import {
  everyWeek,
  funnel,
  keyFigures,
  PERIODS,
  periodUntil,
} from "@/components/admin/overview/metrics";
import { ReviewHealth } from "@/components/admin/overview/review-health";
import { TopReferrers } from "@/components/admin/overview/top-referrers";
import { TrendChart } from "@/components/admin/overview/trend-chart";
import { WorkQueues } from "@/components/admin/overview/work-queues";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { formatDate } from "@/lib/dates";
import { choice, href, type SearchParams } from "../list-query";

export const metadata: Metadata = { title: "Overview" };

export default async function OverviewPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage("/admin");
  const chosen = choice(await searchParams, "days", PERIODS.map(String));
  const days = PERIODS.find((period) => String(period) === chosen) ?? 30;
  const { from, to } = periodUntil(systemClock(), days);
  const mayReview = admin.permissions.includes("referrals:review");
  const [metrics, { currency }, review] = await Promise.all([
    services.admin.programme.getMetrics(from, to),
    getPublicSite(),
    mayReview ? services.admin.referrals.getReviewOverview() : null,
  ]);
  const { time_zone: timeZone } = session;
  const { queues } = metrics;

  return (
    <>
      <PageHeader
        title="Overview"
        description={`${formatDate(from, timeZone)} to ${formatDate(to, timeZone)}, against the ${days} days before.`}
        actions={
          <FilterChips
            label="Period"
            items={PERIODS.map((period) => ({
              href: href("/admin", { days: String(period) }),
              label: `${period} days`,
              current: period === days,
            }))}
          />
        }
      />
      <div className="flex flex-col gap-4 sm:gap-6">
        <h2 className="sr-only">Key figures</h2>
        <KeyFigures figures={keyFigures(metrics, currency)} />
        <div className="grid gap-4 sm:gap-6 lg:grid-cols-2">
          <TrendChart weeks={everyWeek(metrics, timeZone)} />
          <Funnel steps={funnel(metrics.current)} />
        </div>
        <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
          <div className="flex flex-col gap-4 sm:gap-6">
            <TopReferrers referrers={metrics.top_referrers} />
            {review ? <ReviewHealth overview={review} timeZone={timeZone} /> : null}
          </div>
          <div className="flex flex-col gap-4 sm:gap-6">
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
                  label: "Orders to activate",
                  count: queues.orders,
                  href: "/admin/orders?status=pending",
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
                  label: "Mails on their way",
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
