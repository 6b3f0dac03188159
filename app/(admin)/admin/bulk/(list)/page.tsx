import type { Metadata } from "next";
import { BulkJobList } from "@/components/admin/bulk/bulk-job-list";
import { PlanBulkJob } from "@/components/admin/bulk/plan-bulk-job";
import { Card, CardHeader } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { type Cursor, decodeCursor, encodeCursor } from "@/lib/paging";
import { href, param, type SearchParams } from "../../list-query";

const PATH = "/admin/bulk";

/** The place in the list that the address names. A damaged one starts at the top. */
function placeOf(params: SearchParams): Cursor | undefined {
  try {
    return decodeCursor(param(params, "cursor"));
  } catch {
    return undefined;
  }
}

export const metadata: Metadata = { title: "Bulk jobs" };

export default async function BulkJobsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH, "orders:manage");
  const cursor = placeOf(await searchParams);
  const [page, { packages }] = await Promise.all([
    services.admin.bulk.list({ cursor }),
    getPublicSite(),
  ]);
  const next = encodeCursor(page.next_cursor);
  return (
    <>
      <PageHeader
        title="Bulk jobs"
        description={
          <p>
            One act for many, with one reason. Each row is tried first, and done later in a step of
            its own. Above {page.approval_rows} rows a second person approves.
          </p>
        }
      />
      <div className="grid items-start gap-4 sm:gap-6 xl:grid-cols-2">
        <PlanBulkJob packages={packages.map(({ slug, name }) => ({ slug, name }))} />
        <Card padding="flush" aria-labelledby="jobs-title">
          <CardHeader divided title="Jobs" titleId="jobs-title" />
          <BulkJobList jobs={page.jobs} timeZone={session.time_zone} />
          <Pagination
            label="Bulk jobs"
            shown={page.jobs.length}
            nextHref={next ? href(PATH, { cursor: next }) : null}
            firstHref={cursor ? PATH : null}
          />
        </Card>
      </div>
    </>
  );
}
