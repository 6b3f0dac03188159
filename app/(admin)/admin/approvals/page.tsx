import type { Metadata } from "next";
import { ApprovalList } from "@/components/admin/approvals/approval-list";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { APPROVAL_STATUSES } from "@/lib/admin/approval-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, href, type SearchParams } from "../list-query";
import { cursorOf, pageLinks } from "../paging";

const PATH = "/admin/approvals";

export const metadata: Metadata = { title: "Approvals" };

export default async function ApprovalsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH, "orders:manage");
  const params = await searchParams;
  const status = choice(params, "status", APPROVAL_STATUSES);
  const cursor = cursorOf(params);
  const page = await services.admin.approvals.list({ status, cursor });

  return (
    <>
      <PageHeader
        title="Approvals"
        description="What one person may not do alone. Somebody else decides, and it is carried out once."
      />
      <FilterChips
        className="mb-4"
        label="Filter by status"
        items={[
          { href: PATH, label: "All", current: !status },
          ...APPROVAL_STATUSES.map((name) => ({
            href: href(PATH, { status: name }),
            label: statusLabel("approval", name),
            current: status === name,
          })),
        ]}
      />
      <Card padding="flush">
        <ApprovalList
          approvals={page.approvals}
          timeZone={session.time_zone}
          currency={page.currency}
          isFiltered={status !== undefined}
        />
        <Pagination
          label="Approvals"
          shown={page.approvals.length}
          {...pageLinks(PATH, { status }, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
