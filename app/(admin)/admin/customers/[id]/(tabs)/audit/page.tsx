import type { Metadata } from "next";
import { AuditList } from "@/components/admin/customers/audit/audit-list";
import { Card, CardHeader } from "@/components/ui/card";
import { Pagination } from "@/components/ui/pagination";
import { getPublicSite } from "@/lib/composition/public-site";
import { href, param, type SearchParams } from "../../../../list-query";
import { customerPath, getCustomer } from "../../customer";

const PAGE_SIZE = 25;

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: audit log` };
}

export default async function CustomerAuditPage({ params, searchParams }: Props) {
  const { id } = await params;
  const [{ details, session }, { currency }] = await Promise.all([
    getCustomer(id),
    getPublicSite(),
  ]);
  const { audit } = details;
  const path = `${customerPath(id)}/audit`;
  const pageParam = param(await searchParams, "page") ?? "1";
  const pageNumber = Math.max(1, Number.parseInt(pageParam, 10) || 1);
  const shown = audit.slice((pageNumber - 1) * PAGE_SIZE, pageNumber * PAGE_SIZE);

  return (
    <Card padding="flush" aria-labelledby="audit-title">
      <CardHeader
        divided
        title="Audit log"
        titleId="audit-title"
        description="What the team did with this account. Entries cannot be changed or deleted."
      />
      <AuditList entries={shown} timeZone={session.time_zone} currency={currency} />
      <Pagination
        label="Audit log"
        shown={shown.length}
        total={audit.length}
        nextHref={
          audit.length > pageNumber * PAGE_SIZE
            ? href(path, { page: String(pageNumber + 1) })
            : null
        }
        firstHref={pageNumber > 1 ? path : null}
      />
    </Card>
  );
}
