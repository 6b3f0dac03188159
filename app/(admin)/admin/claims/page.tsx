import type { Metadata } from "next";
import { ClaimTable } from "@/components/admin/claims/claim-table";
import { CLAIM_STATUS } from "@/components/admin/claims/claim-words";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { claimStatusSchema } from "@/lib/referrals/schemas";
import { choice, href, type SearchParams } from "../list-query";
import { cursorOf, pageLinks } from "../paging";

const PATH = "/admin/claims";
const STATUSES = claimStatusSchema.options;

export const metadata: Metadata = { title: "Forgotten codes" };

export default async function ClaimsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const status = choice(params, "status", STATUSES);
  const cursor = cursorOf(params);
  const page = await services.admin.referrals.listClaims({ status, cursor });
  return (
    <>
      <PageHeader
        title="Forgotten codes"
        description="Customers say who invited them, the referrer confirms it, and you decide."
      />
      <div className="mb-4">
        <FilterChips
          label="Filter by status"
          items={[
            { href: PATH, label: "All", current: !status },
            ...STATUSES.map((name) => ({
              href: href(PATH, { status: name }),
              label: CLAIM_STATUS[name],
              current: status === name,
            })),
          ]}
        />
      </div>
      <Card padding="flush">
        <ClaimTable
          claims={page.claims}
          timeZone={session.time_zone}
          canManage={admin.permissions.includes("orders:manage")}
        />
        <Pagination
          label="Claims"
          shown={page.claims.length}
          {...pageLinks(PATH, { status }, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
