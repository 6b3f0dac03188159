import type { Metadata } from "next";
import { toReferralRow } from "@/components/admin/referrals/referral-row";
import { ReferralTable } from "@/components/admin/referrals/referral-table";
import { AttemptList } from "@/components/admin/review/attempt-list";
import { SearchField } from "@/components/forms/search-field";
import { statusLabel } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import type { AdminReferral } from "@/lib/admin/referral-schemas";
import { REFERRAL_STATUSES } from "@/lib/referrals/schemas";
import { formatCount } from "@/lib/words";
import { choice, href, param, type SearchParams, searchTerm } from "../../../../list-query";
import { customerPath, getCustomer } from "../../customer";

const PAGE_SIZE = 25;
/** As many referrals as are read at once. */
const NEWEST = 200;

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: referrals` };
}

const hasOpenFlag = (referral: AdminReferral) =>
  referral.flags.some((flag) => flag.status === "open");

/** Whether the name or the e-mail address contains the text, in any case. */
function matches(referral: AdminReferral, q: string): boolean {
  const needle = q.toLowerCase();
  return [referral.referred.name, referral.referred.email].some((text) =>
    text.toLowerCase().includes(needle),
  );
}

export default async function CustomerReferralsPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { details, session, admin } = await getCustomer(id);
  const query = await searchParams;
  const q = searchTerm(query);
  const status = choice(query, "status", REFERRAL_STATUSES);
  const flagged = param(query, "flagged") === "true";
  const path = `${customerPath(id)}/referrals`;

  const found = q
    ? details.referrals.filter((referral) => matches(referral, q))
    : details.referrals;
  const filtered = found.filter(
    (referral) => (!status || referral.status === status) && (!flagged || hasOpenFlag(referral)),
  );
  const pageNumber = Math.max(1, Number.parseInt(param(query, "page") ?? "1", 10) || 1);
  const shown = filtered.slice((pageNumber - 1) * PAGE_SIZE, pageNumber * PAGE_SIZE);
  const filter = { q, status, flagged: flagged ? "true" : undefined };
  const countWith = (status: string) =>
    found.filter((referral) => referral.status === status).length;

  return (
    <>
      <div className="mb-4 flex flex-col gap-4">
        <SearchField
          action={path}
          label="Search these friends by name or e-mail address"
          placeholder="Friend's name or e-mail"
          defaultValue={q}
          keep={{ status, flagged: filter.flagged }}
        />
        <FilterChips
          label="Filter by status"
          items={[
            {
              href: href(path, { q }),
              label: "All",
              count: found.length,
              current: !status && !flagged,
            },
            ...REFERRAL_STATUSES.filter((name) => countWith(name) > 0 || name === status).map(
              (name) => ({
                href: href(path, { q, status: name }),
                label: statusLabel("referral", name),
                count: countWith(name),
                current: status === name && !flagged,
              }),
            ),
            {
              href: href(path, { q, flagged: "true" }),
              label: "Open flags",
              count: found.filter(hasOpenFlag).length,
              current: flagged,
            },
          ]}
        />
      </div>
      <Card padding="flush">
        <ReferralTable
          caption={`Friends of ${details.customer.name}`}
          referrals={shown.map(toReferralRow)}
          timeZone={session.time_zone}
          canManage={
            admin.permissions.includes("orders:manage") && !details.customer.is_own_account
          }
          empty={
            details.referrals.length === 0
              ? details.customer.erased_at
                ? {
                    title: "No referrals",
                    text: "The code stopped working when the personal details were erased.",
                  }
                : {
                    title: "No referrals yet",
                    text: `Friends who order with ${details.customer.referral_code} appear here.`,
                  }
              : {
                  title: "Nothing matches",
                  text: "Choose another filter or change the search.",
                }
          }
        />
        <Pagination
          label="Referrals"
          shown={shown.length}
          total={filtered.length}
          nextHref={
            filtered.length > pageNumber * PAGE_SIZE
              ? href(path, { ...filter, page: String(pageNumber + 1) })
              : null
          }
          firstHref={pageNumber > 1 ? href(path, filter) : null}
        />
      </Card>
      {details.stats.total_referrals > NEWEST ? (
        <p className="mt-3 text-sm text-text-muted">
          These are the newest {NEWEST} of {formatCount(details.stats.total_referrals)} referrals.
          You can search all of them under Referrals.
        </p>
      ) : null}
      {details.attempts.length > 0 ? (
        <Card aria-labelledby="attempts-title" className="mt-4 sm:mt-6">
          <CardHeader
            title="Refused codes"
            titleId="attempts-title"
            description="Uses of this customer’s code, and of codes by this customer, that were not applied. Kept for 12 months."
          />
          <AttemptList attempts={details.attempts} timeZone={session.time_zone} />
        </Card>
      ) : null}
    </>
  );
}
