import type { Metadata } from "next";
import { ORDER_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { OrderTable } from "@/components/admin/orders/order-table";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { orderStatusSchema } from "@/lib/invoicing/service";
import { choice, dayParam, type SearchParams, searchTerm } from "../list-query";
import { exportHref, linksOf, readList } from "../list-state";

const STATUSES = orderStatusSchema.options;

export const metadata: Metadata = { title: "Orders" };

export default async function OrdersPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(ORDER_LIST.path);
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    status: choice(given, "status", STATUSES),
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const list = readList(ORDER_LIST, given, filters);
  const [page, views, { currency, packages }] = await Promise.all([
    services.admin.orders.listOrders({ ...filters, ...list.page }),
    services.admin.lists.views("orders"),
    getPublicSite(),
  ]);
  const canManage = admin.permissions.includes("orders:manage");

  return (
    <>
      <PageHeader
        title="Orders"
        description={
          canManage
            ? "Activate an order once its service works. Change, suspend or cancel services here too."
            : "Orders and the state of their services."
        }
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "orders")}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Customer or order",
            placeholder: "Order number, name, e-mail, code or phone",
          },
          ...dayFields("Ordered from", "To"),
        ]}
        chips={
          <FilterChips
            label="Filter by status"
            items={[
              { href: list.href({ status: undefined }), label: "All", current: !filters.status },
              ...STATUSES.map((name) => ({
                href: list.href({ status: name }),
                label: statusLabel("order", name),
                current: filters.status === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush">
        <OrderTable
          orders={page.orders}
          packages={packages}
          timeZone={session.time_zone}
          currency={currency}
          canManage={canManage}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.orders.length} />
      </Card>
    </>
  );
}
