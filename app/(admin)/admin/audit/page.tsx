import { Download } from "lucide-react";
import type { Metadata } from "next";
import { z } from "zod";
import { AuditFilters } from "@/components/admin/audit/audit-filters";
import { AuditList } from "@/components/admin/customers/audit/audit-list";
import { buttonClasses } from "@/components/ui/button-classes";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { decodeAuditCursor, encodeAuditCursor } from "@/lib/admin/audit-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { AppError } from "@/lib/errors";
import { href, param, type SearchParams, searchTerm } from "../list-query";

const PATH = "/admin/audit";

export const metadata: Metadata = { title: "Audit" };

const day = (params: SearchParams, name: string) =>
  z.iso.date().safeParse(param(params, name)).data;

/** The place in the log that the address names. A damaged one starts at the top. */
function placeOf(params: SearchParams): number | undefined {
  try {
    return decodeAuditCursor(param(params, "cursor"));
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return undefined;
    throw error;
  }
}

export default async function AuditPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { session, services } = await requireAdminPage(PATH, "audit:view");
  const params = await searchParams;
  const query = {
    q: searchTerm(params),
    actor: param(params, "actor")?.slice(0, 120),
    action: /^[a-z_.]{1,80}$/.exec(param(params, "action") ?? "")?.[0],
    from: day(params, "from"),
    to: day(params, "to"),
  };
  const beforeId = placeOf(params);
  const [page, facets, { currency }] = await Promise.all([
    services.admin.audit.list(query, { beforeId, limit: 50 }),
    services.admin.audit.facets(),
    getPublicSite(),
  ]);
  const next = encodeAuditCursor(page.next_before_id);

  return (
    <>
      <PageHeader
        title="Audit"
        description="Everything that anybody did, was refused or exported. Entries cannot be changed or deleted."
        actions={
          <a
            href={href("/api/admin/audit", { ...query, format: "csv" })}
            download
            className={buttonClasses({})}
          >
            <Download aria-hidden="true" />
            Export as CSV
          </a>
        }
      />
      <AuditFilters action={PATH} query={query} actors={facets.actors} />
      <Card padding="flush">
        <AuditList
          entries={page.entries}
          timeZone={session.time_zone}
          currency={currency}
          isFiltered={Object.values(query).some(Boolean)}
        />
        <Pagination
          label="Audit"
          shown={page.entries.length}
          nextHref={next ? href(PATH, { ...query, cursor: next }) : null}
          firstHref={beforeId === undefined ? null : href(PATH, query)}
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
