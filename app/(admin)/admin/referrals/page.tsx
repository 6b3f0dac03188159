import type { Metadata } from "next";
import { REFERRAL_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { toReferralRow } from "@/components/admin/referrals/referral-row";
import { ReferralTable } from "@/components/admin/referrals/referral-table";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { REFERRAL_STATUSES } from "@/lib/referrals/schemas";
import { choice, dayParam, href, param, type SearchParams, searchTerm } from "../list-query";
import { linksOf, readList } from "../list-state";

export const metadata: Metadata = { title: "Referrals" };

export default async function ReferralsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(REFERRAL_LIST.path);
  const given = await searchParams;
  const q = searchTerm(given);
  const status = choice(given, "status", REFERRAL_STATUSES);
  const flagged = param(given, "flagged") === "true" || undefined;
  const days = { from: dayParam(given, "from"), to: dayParam(given, "to") };
  const list = readList(REFERRAL_LIST, given, { q, status, flagged: flagged && "true", ...days });
  const [page, views] = await Promise.all([
    services.admin.referrals.listReferrals({ q, status, flagged, ...days, ...list.page }),
    services.admin.lists.views("referrals"),
  ]);

  return (
    <>
      <PageHeader title="Referrals" description="Every friend who ordered with a code." />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={href("/api/admin/referrals", {
          format: "csv",
          q,
          status,
          flagged: list.query.flagged,
          ...days,
          sort: list.query.sort,
        })}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Friend or referrer",
            placeholder: "Name, e-mail, code or phone",
          },
          ...dayFields("Ordered from", "To"),
        ]}
        chips={
          <FilterChips
            label="Filter"
            items={[
              {
                href: list.href({ status: undefined, flagged: undefined }),
                label: "All",
                current: !status && !flagged,
              },
              ...REFERRAL_STATUSES.map((name) => ({
                href: list.href({ status: name, flagged: undefined }),
                label: statusLabel("referral", name),
                current: status === name && !flagged,
              })),
              {
                href: list.href({ status: undefined, flagged: "true" }),
                label: "Open flags",
                current: flagged === true,
              },
            ]}
          />
        }
      />
      <Card padding="flush">
        <ReferralTable
          withReferrer
          caption="Referrals"
          referrals={page.referrals.map(toReferralRow)}
          timeZone={session.time_zone}
          canManage={admin.permissions.includes("orders:manage")}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
          empty={
            list.isFiltered
              ? { title: "Nothing matches", text: "Choose another filter or change the search." }
              : {
                  title: "No referrals yet",
                  text: "The first friend who orders with a customer's code appears here.",
                }
          }
        />
        <Pagination {...linksOf(list, page)} shown={page.referrals.length} />
      </Card>
    </>
  );
}
