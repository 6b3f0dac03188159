import type { Metadata } from "next";
import { ClaimTable } from "@/components/admin/claims/claim-table";
import { CLAIM_STATUS } from "@/components/admin/claims/claim-words";
import { CLAIM_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { claimStatusSchema } from "@/lib/referrals/schemas";
import { choice, dayParam, type SearchParams, searchTerm } from "../list-query";
import { exportHref, linksOf, readList } from "../list-state";

const STATUSES = claimStatusSchema.options;

export const metadata: Metadata = { title: "Forgotten codes" };

export default async function ClaimsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(CLAIM_LIST.path);
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    status: choice(given, "status", STATUSES),
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const list = readList(CLAIM_LIST, given, filters);
  const [page, views] = await Promise.all([
    services.admin.referrals.listClaims({ ...filters, ...list.page }),
    services.admin.lists.views("claims"),
  ]);
  return (
    <>
      <PageHeader
        title="Forgotten codes"
        description="Customers say who invited them, the referrer confirms it, and you decide."
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "claims")}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Customer or referrer",
            placeholder: "Name, e-mail, code or phone",
          },
          ...dayFields("Said from", "To"),
        ]}
        chips={
          <FilterChips
            label="Filter by status"
            items={[
              { href: list.href({ status: undefined }), label: "All", current: !filters.status },
              ...STATUSES.map((name) => ({
                href: list.href({ status: name }),
                label: CLAIM_STATUS[name],
                current: filters.status === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush">
        <ClaimTable
          claims={page.claims}
          timeZone={session.time_zone}
          canManage={admin.permissions.includes("orders:manage")}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.claims.length} />
      </Card>
    </>
  );
}
