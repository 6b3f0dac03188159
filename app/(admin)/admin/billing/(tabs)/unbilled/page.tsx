import type { Metadata } from "next";
import { cycleOptions } from "@/components/admin/billing/billing-words";
import { UnbilledTable } from "@/components/admin/billing/unbilled/unbilled-table";
import { UNBILLED_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { Card, CardHeader } from "@/components/ui/card";
import { Pagination } from "@/components/ui/pagination";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { localDate } from "@/lib/dates";
import { monthParam, type SearchParams } from "../../../list-query";
import { exportHref, linksOf, readList } from "../../../list-state";

export const metadata: Metadata = { title: "Unbilled" };

export default async function UnbilledPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(UNBILLED_LIST.path);
  const given = await searchParams;
  const cycle = monthParam(given, "cycle");
  const list = readList(UNBILLED_LIST, given, { cycle });
  const { cursor, backward, limit } = list.page;
  const [page, views, total] = await Promise.all([
    services.admin.billing.listUnbilled({
      cursor,
      backward,
      limit,
      cycle: cycle && `${cycle}-01`,
    }),
    services.admin.lists.views("unbilled"),
    services.admin.billing.countUnbilled(),
  ]);
  return (
    <>
      <ListTools
        list={list}
        page={cycle ? {} : { total }}
        views={views}
        exportHref={exportHref(list, admin, "unbilled")}
        fields={[
          {
            kind: "choice",
            name: "cycle",
            label: "Month",
            options: [
              { value: "", label: "Every month" },
              ...cycleOptions(localDate(systemClock(), session.time_zone)),
            ],
          },
        ]}
      />
      <Card padding="flush" aria-labelledby="unbilled-title">
        <CardHeader
          divided
          title="Not billed yet"
          titleId="unbilled-title"
          description="Months in which a service was active and that have no invoice. The next run bills them, unless it ends with an error."
        />
        <UnbilledTable
          items={page.items}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
        />
        <Pagination {...linksOf(list, page)} shown={page.items.length} />
      </Card>
    </>
  );
}
