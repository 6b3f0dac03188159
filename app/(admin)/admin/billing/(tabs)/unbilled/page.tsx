import type { Metadata } from "next";
import { UnbilledTable } from "@/components/admin/billing/unbilled/unbilled-table";
import { Card, CardHeader } from "@/components/ui/card";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import type { SearchParams } from "../../../list-query";
import { cursorOf, pageLinks } from "../../../paging";

const PATH = "/admin/billing/unbilled";

export const metadata: Metadata = { title: "Unbilled" };

export default async function UnbilledPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { services } = await requireAdminPage(PATH);
  const cursor = cursorOf(await searchParams);
  const page = await services.admin.billing.listUnbilled({ cursor });
  return (
    <Card padding="flush" aria-labelledby="unbilled-title">
      <CardHeader
        divided
        title="Not billed yet"
        titleId="unbilled-title"
        description="Months in which a service was active and that have no invoice. The next run bills them, unless it ends with an error."
      />
      <UnbilledTable items={page.items} />
      <Pagination
        label="Unbilled months"
        shown={page.items.length}
        {...pageLinks(PATH, {}, { cursor, next: page.next_cursor })}
      />
    </Card>
  );
}
