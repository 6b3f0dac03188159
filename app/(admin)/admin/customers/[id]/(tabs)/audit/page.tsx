import type { Metadata } from "next";
import { AuditList } from "@/components/admin/customers/audit/audit-list";
import { customerLists } from "@/components/admin/lists/definitions";
import { Card, CardHeader } from "@/components/ui/card";
import { Pagination } from "@/components/ui/pagination";
import { getPublicSite } from "@/lib/composition/public-site";
import type { SearchParams } from "../../../../list-query";
import { linksOf, readList } from "../../../../list-state";
import { customerPath, getCustomer } from "../../customer";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: audit log` };
}

export default async function CustomerAuditPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { session, services } = await getCustomer(id);
  const list = readList(customerLists(customerPath(id)).audit, await searchParams);
  const [page, { currency }] = await Promise.all([
    services.admin.records.readSection(id, "audit", list.page),
    getPublicSite(),
  ]);

  return (
    <Card padding="flush" aria-labelledby="audit-title">
      <CardHeader
        divided
        title="Audit log"
        titleId="audit-title"
        description="What the team did with this account. Entries cannot be changed or deleted."
      />
      <AuditList entries={page.rows} timeZone={session.time_zone} currency={currency} />
      <Pagination
        {...linksOf(list, page)}
        shown={page.rows.length}
        total={page.total}
        hasMoreThanTotal={page.has_more_than_total}
      />
    </Card>
  );
}
