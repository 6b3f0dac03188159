import { Download } from "lucide-react";
import type { Metadata } from "next";
import { toReferralRow } from "@/components/admin/referrals/referral-row";
import { ReferralTable } from "@/components/admin/referrals/referral-table";
import { SearchField } from "@/components/forms/search-field";
import { statusLabel } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { formatDate, formatDateRange } from "@/lib/dates";
import { REFERRAL_STATUSES } from "@/lib/referrals/schemas";
import { choice, dayParam, href, param, type SearchParams, searchTerm } from "../list-query";
import { cursorOf, pageLinks } from "../paging";

const PATH = "/admin/referrals";

export const metadata: Metadata = { title: "Referrals" };

function dayWords({ from, to }: { from?: string; to?: string }): string {
  if (from && to && from <= to) return `on ${formatDateRange(from, to)}`;
  return [
    from ? `from ${formatDate(from, "UTC")}` : "",
    to ? `until ${formatDate(to, "UTC")}` : "",
  ].join(" ");
}

export default async function ReferralsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const q = searchTerm(params);
  const status = choice(params, "status", REFERRAL_STATUSES);
  const flagged = param(params, "flagged") === "true" || undefined;
  const days = { from: dayParam(params, "from"), to: dayParam(params, "to") };
  const cursor = cursorOf(params);
  const page = await services.admin.referrals.listReferrals({
    q,
    status,
    flagged,
    ...days,
    cursor,
  });
  const filter = { q, status, flagged: flagged && "true", ...days };
  const isFiltered = Boolean(q ?? status ?? flagged ?? days.from ?? days.to);

  return (
    <>
      <PageHeader
        title="Referrals"
        description="Every friend who ordered with a code, newest first."
        actions={
          <a
            href={href("/api/admin/referrals", { format: "csv", ...filter })}
            download="referrals.csv"
            className={buttonClasses()}
          >
            <Download aria-hidden="true" />
            {isFiltered ? "Export these as CSV" : "Export as CSV"}
          </a>
        }
      />
      <div className="mb-4 flex flex-col gap-4">
        <SearchField
          action={PATH}
          label="Search by name, e-mail address, code or phone of either side"
          placeholder="Name, e-mail, code or phone"
          defaultValue={q}
          keep={{ status, flagged: filter.flagged, ...days }}
        />
        <FilterChips
          label="Filter"
          items={[
            { href: href(PATH, { q, ...days }), label: "All", current: !status && !flagged },
            ...REFERRAL_STATUSES.map((name) => ({
              href: href(PATH, { q, status: name, ...days }),
              label: statusLabel("referral", name),
              current: status === name && !flagged,
            })),
            {
              href: href(PATH, { q, flagged: "true", ...days }),
              label: "Open flags",
              current: flagged === true,
            },
          ]}
        />
        {days.from || days.to ? (
          <p className="text-sm">
            Ordered {dayWords(days)}.{" "}
            <TextLink href={href(PATH, { ...filter, from: undefined, to: undefined })}>
              Show all days
            </TextLink>
          </p>
        ) : null}
      </div>
      <Card padding="flush">
        <ReferralTable
          withReferrer
          caption="Referrals, newest first"
          referrals={page.referrals.map(toReferralRow)}
          timeZone={session.time_zone}
          canManage={admin.permissions.includes("orders:manage")}
          empty={
            isFiltered
              ? { title: "Nothing matches", text: "Choose another filter or change the search." }
              : {
                  title: "No referrals yet",
                  text: "The first friend who orders with a customer's code appears here.",
                }
          }
        />
        <Pagination
          label="Referrals"
          shown={page.referrals.length}
          {...pageLinks(PATH, filter, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
