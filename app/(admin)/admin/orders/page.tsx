import type { Metadata } from "next";
import { OrderTable } from "@/components/admin/orders/order-table";
import { SearchField } from "@/components/forms/search-field";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { orderStatusSchema } from "@/lib/invoicing/service";
import { choice, href, type SearchParams, searchTerm } from "../list-query";
import { cursorOf, pageLinks } from "../paging";

const PATH = "/admin/orders";
const STATUSES = orderStatusSchema.options;

export const metadata: Metadata = { title: "Orders" };

export default async function OrdersPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const q = searchTerm(params);
  const status = choice(params, "status", STATUSES);
  const cursor = cursorOf(params);
  const [page, { currency, packages }] = await Promise.all([
    services.admin.orders.listOrders({ q, status, cursor }),
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
      <div className="mb-4 flex flex-col gap-4">
        <SearchField
          action={PATH}
          label="Search by order number, or by the customer's name, e-mail address, code or phone"
          placeholder="Order number, name, e-mail, code or phone"
          defaultValue={q}
          keep={{ status }}
        />
        <FilterChips
          label="Filter by status"
          items={[
            { href: href(PATH, { q }), label: "All", current: !status },
            ...STATUSES.map((name) => ({
              href: href(PATH, { q, status: name }),
              label: statusLabel("order", name),
              current: status === name,
            })),
          ]}
        />
      </div>
      <Card padding="flush">
        <OrderTable
          orders={page.orders}
          packages={packages}
          timeZone={session.time_zone}
          currency={currency}
          canManage={canManage}
          isFiltered={Boolean(q ?? status)}
        />
        <Pagination
          label="Orders"
          shown={page.orders.length}
          {...pageLinks(PATH, { q, status }, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
