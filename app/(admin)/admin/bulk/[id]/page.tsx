import type { Metadata } from "next";
import { WaitingApprovals } from "@/components/admin/approvals/waiting-approvals";
import { DownloadLink } from "@/components/admin/billing/download-link";
import { BulkJobFacts } from "@/components/admin/bulk/bulk-job-facts";
import { BulkJobProgress } from "@/components/admin/bulk/bulk-job-progress";
import { BulkRowTable } from "@/components/admin/bulk/bulk-row-table";
import { StatusBadge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { BULK_ACT_WORDS } from "@/lib/admin/bulk-words";
import { getPublicSite } from "@/lib/composition/public-site";
import { href, param, type SearchParams } from "../../list-query";
import { getJob, ROWS_PER_PAGE } from "./job";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { job } = await getJob((await params).id, 0);
  return { title: `Bulk job: ${BULK_ACT_WORDS[job.act].title.toLowerCase()}` };
}

/** The row after which the page begins; the first one for anything that is no number. */
const placeOf = (params: SearchParams): number => {
  const text = param(params, "after") ?? "";
  return /^\d{1,4}$/.test(text) ? Number(text) : 0;
};

export default async function BulkJobPage({ params, searchParams }: Props) {
  const [{ id }, query] = await Promise.all([params, searchParams]);
  const after = placeOf(query);
  const [{ job, session, admin }, { currency }] = await Promise.all([
    getJob(id, after),
    getPublicSite(),
  ]);
  const path = `/admin/bulk/${id}`;
  const last = job.rows.at(-1)?.number ?? after;
  return (
    <>
      <PageHeader
        back={{ href: "/admin/bulk", label: "Bulk jobs" }}
        title={BULK_ACT_WORDS[job.act].title}
        meta={<StatusBadge kind="bulk_job" status={job.status} />}
      />
      {job.approval?.status === "pending" ? (
        <WaitingApprovals
          approvals={[job.approval]}
          currency={currency}
          timeZone={session.time_zone}
          className="mb-4 sm:mb-6"
        />
      ) : null}
      <div className="mb-4 grid items-start gap-4 sm:mb-6 sm:gap-6 lg:grid-cols-2">
        <BulkJobProgress job={job} />
        <BulkJobFacts job={job} timeZone={session.time_zone} />
      </div>
      <Card padding="flush" aria-labelledby="rows-title">
        <CardHeader
          divided
          title="Rows"
          titleId="rows-title"
          actions={
            admin.permissions.includes("data:export") ? (
              <DownloadLink href={`/api/admin/bulk/${id}?format=csv`}>
                Download the results
              </DownloadLink>
            ) : null
          }
        />
        <BulkRowTable rows={job.rows} timeZone={session.time_zone} />
        <Pagination
          label="Rows"
          shown={job.rows.length}
          total={job.counts.items}
          nextHref={
            job.rows.length === ROWS_PER_PAGE && last < job.counts.items
              ? href(path, { after: String(last) })
              : null
          }
          firstHref={after > 0 ? path : null}
        />
      </Card>
    </>
  );
}
