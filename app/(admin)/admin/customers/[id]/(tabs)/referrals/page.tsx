import type { Metadata } from "next";
import { customerLists } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { toReferralRow } from "@/components/admin/referrals/referral-row";
import { ReferralTable } from "@/components/admin/referrals/referral-table";
import { AttemptList } from "@/components/admin/review/attempt-list";
import { statusLabel } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import { encodeCursor } from "@/lib/paging";
import { REFERRAL_STATUSES } from "@/lib/referrals/schemas";
import { choice, param, type SearchParams, searchTerm } from "../../../../list-query";
import { linksOf, readCursor, readList } from "../../../../list-state";
import { customerPath, getCustomer } from "../../customer";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: referrals` };
}

export default async function CustomerReferralsPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { details, session, admin, services } = await getCustomer(id);
  const given = await searchParams;
  const q = searchTerm(given);
  const status = choice(given, "status", REFERRAL_STATUSES);
  const flagged = param(given, "flagged") === "true" || undefined;
  const list = readList(customerLists(customerPath(id)).referrals, given, {
    q,
    status,
    flagged: flagged && "true",
  });
  // The refused codes below have pages of their own.
  const codes = readCursor(param(given, "codes"));
  const [page, refused] = await Promise.all([
    services.admin.referrals.listReferrals({ q, status, flagged, referrerId: id, ...list.page }),
    services.admin.records.readSection(id, "refused_codes", { cursor: codes }),
  ]);

  return (
    <>
      <ListTools
        list={list}
        page={page}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Friend",
            placeholder: "Name, e-mail, code or phone",
          },
        ]}
        chips={
          <FilterChips
            label="Filter by status"
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
          caption={`Friends of ${details.customer.name}`}
          referrals={page.referrals.map(toReferralRow)}
          timeZone={session.time_zone}
          canManage={
            admin.permissions.includes("orders:manage") && !details.customer.is_own_account
          }
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
          empty={
            list.isFiltered
              ? { title: "Nothing matches", text: "Choose another filter or change the search." }
              : details.customer.erased_at
                ? {
                    title: "No referrals",
                    text: "The code stopped working when the personal details were erased.",
                  }
                : {
                    title: "No referrals yet",
                    text: `Friends who order with ${details.customer.referral_code} appear here.`,
                  }
          }
        />
        <Pagination {...linksOf(list, page)} shown={page.referrals.length} />
      </Card>
      {refused.rows.length > 0 ? (
        <Card aria-labelledby="attempts-title" padding="flush" className="mt-4 sm:mt-6">
          <CardHeader
            divided
            title="Refused codes"
            titleId="attempts-title"
            description="Uses of this customer’s code, and of codes by this customer, that were not applied. Kept for 12 months."
          />
          <div className="p-4 sm:p-6">
            <AttemptList attempts={refused.rows} timeZone={session.time_zone} />
          </div>
          <Pagination
            label="Refused codes"
            shown={refused.rows.length}
            nextHref={
              refused.next_cursor &&
              list.href({ codes: encodeCursor(refused.next_cursor) ?? undefined })
            }
            firstHref={codes ? list.href() : null}
          />
        </Card>
      ) : null}
    </>
  );
}
