import type { Metadata } from "next";
import { ApprovalList } from "@/components/admin/approvals/approval-list";
import { APPROVAL_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { APPROVAL_STATUSES } from "@/lib/admin/approval-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, type SearchParams } from "../list-query";
import { exportHref, linksOf, readList } from "../list-state";

export const metadata: Metadata = { title: "Approvals" };

export default async function ApprovalsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(APPROVAL_LIST.path, "orders:manage");
  const given = await searchParams;
  const status = choice(given, "status", ["for_me", ...APPROVAL_STATUSES] as const);
  const list = readList(APPROVAL_LIST, given, { status });
  const [page, views] = await Promise.all([
    services.admin.approvals.list({ status, ...list.page }),
    services.admin.lists.views("approvals"),
  ]);

  return (
    <>
      <PageHeader
        title="Approvals"
        description="What one person may not do alone. Somebody else decides, and it is carried out once."
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "approvals")}
        chips={
          <FilterChips
            label="Filter by status"
            items={[
              {
                href: list.href({ status: "for_me" }),
                label: "Waiting for me",
                current: status === "for_me",
              },
              { href: list.href({ status: undefined }), label: "All", current: !status },
              ...APPROVAL_STATUSES.map((name) => ({
                href: list.href({ status: name }),
                label: statusLabel("approval", name),
                current: status === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush">
        <ApprovalList
          approvals={page.approvals}
          timeZone={session.time_zone}
          currency={page.currency}
          isFiltered={list.isFiltered}
        />
        <Pagination {...linksOf(list, page)} shown={page.approvals.length} />
      </Card>
    </>
  );
}
