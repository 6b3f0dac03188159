import type { Metadata } from "next";
import { BulkJobList } from "@/components/admin/bulk/bulk-job-list";
import { PlanBulkJob } from "@/components/admin/bulk/plan-bulk-job";
import { BULK_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { statusLabel } from "@/components/ui/badge";
import { LinkButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { BULK_STATUSES } from "@/lib/admin/bulk-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { choice, type SearchParams, searchTerm } from "../../list-query";
import { exportHref, linksOf, readList } from "../../list-state";

export const metadata: Metadata = { title: "Bulk jobs" };

export default async function BulkJobsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(BULK_LIST.path, "orders:manage");
  const given = await searchParams;
  const filters = { q: searchTerm(given), status: choice(given, "status", BULK_STATUSES) };
  const list = readList(BULK_LIST, given, filters);
  const [page, views, { packages }] = await Promise.all([
    services.admin.bulk.list({ ...filters, ...list.page }),
    services.admin.lists.views("bulk_jobs"),
    getPublicSite(),
  ]);
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
        actions={
          <LinkButton href="#plan" className="xl:hidden">
            Plan a job
          </LinkButton>
        }
      />
      <div className="grid items-start gap-4 sm:gap-6 xl:grid-cols-2">
        <div className="min-w-0">
          <ListTools
            list={list}
            page={page}
            views={views}
            exportHref={exportHref(list, admin, "bulk_jobs")}
            fields={[
              { kind: "search", name: "q", label: "Job", placeholder: "A part of the reason" },
            ]}
            chips={
              <FilterChips
                label="Filter by status"
                items={[
                  {
                    href: list.href({ status: undefined }),
                    label: "All",
                    current: !filters.status,
                  },
                  ...BULK_STATUSES.map((name) => ({
                    href: list.href({ status: name }),
                    label: statusLabel("bulk_job", name),
                    current: filters.status === name,
                  })),
                ]}
              />
            }
          />
          <Card padding="flush">
            <BulkJobList
              jobs={page.jobs}
              timeZone={session.time_zone}
              isFiltered={list.isFiltered}
            />
            <Pagination {...linksOf(list, page)} shown={page.jobs.length} />
          </Card>
        </div>
        <div id="plan">
          <PlanBulkJob packages={packages.map(({ slug, name }) => ({ slug, name }))} />
        </div>
      </div>
    </>
  );
}
