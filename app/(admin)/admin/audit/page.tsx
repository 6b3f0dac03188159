import type { Metadata } from "next";
import { AUDIT_ACTIONS } from "@/components/admin/audit/audit-actions";
import { AuditList } from "@/components/admin/customers/audit/audit-list";
import { AUDIT_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { decodeAuditCursor, encodeAuditCursor } from "@/lib/admin/audit-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { dayParam, href, param, type SearchParams, searchTerm } from "../list-query";
import { linksAround, readList, readPlace } from "../list-state";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { session, services } = await requireAdminPage(AUDIT_LIST.path, "audit:view");
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    actor: param(given, "actor")?.slice(0, 120),
    action: /^[a-z_.]{1,80}$/.exec(param(given, "action") ?? "")?.[0],
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const list = readList(AUDIT_LIST, given, filters);
  const placeId = readPlace(list.place, decodeAuditCursor);
  const backward = placeId !== undefined && list.place?.backward === true;
  const [page, views, facets, { currency }] = await Promise.all([
    services.admin.audit.list(filters, { ...list.page, placeId, backward }),
    services.admin.lists.views("audit"),
    services.admin.audit.facets(),
    getPublicSite(),
  ]);
  const isOldestFirst = list.query.sort === "created_at";

  return (
    <>
      <PageHeader
        title="Audit"
        description="Everything that anybody did, was refused or exported. Entries cannot be changed or deleted."
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={href("/api/admin/audit", { ...filters, format: "csv" })}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Search",
            placeholder: "Customer, id or reason",
          },
          {
            kind: "choice",
            name: "actor",
            label: "Who",
            options: [
              { value: "", label: "Anybody" },
              { value: "system", label: "The system" },
              ...facets.actors.map(({ id, name }) => ({ value: id, label: name })),
            ],
          },
          {
            kind: "choice",
            name: "action",
            label: "What",
            options: [{ value: "", label: "Everything" }, ...AUDIT_ACTIONS],
          },
          ...dayFields("From", "To"),
        ]}
        chips={
          <FilterChips
            label="Order"
            items={[
              {
                href: list.href({ sort: undefined }),
                label: "Newest first",
                current: !isOldestFirst,
              },
              {
                href: list.href({ sort: "created_at" }),
                label: "Oldest first",
                current: isOldestFirst,
              },
            ]}
          />
        }
      />
      <Card padding="flush">
        <AuditList
          entries={page.entries}
          timeZone={session.time_zone}
          currency={currency}
          isFiltered={list.isFiltered}
        />
        <Pagination
          {...linksAround(list, {
            next: encodeAuditCursor(page.next_before_id),
            previous: encodeAuditCursor(page.previous_after_id),
          })}
          shown={page.entries.length}
        />
      </Card>
      {facets.seal ? (
        <p className="wrap-anywhere mt-4 text-text-muted text-xs">
          Sealed up to seal {facets.seal.position}: {facets.seal.hash}. Keep this line elsewhere,
          and it proves later that nothing before it was changed.
        </p>
      ) : null}
    </>
  );
}
