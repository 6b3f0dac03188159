import type { Metadata } from "next";
import { CustomerTable } from "@/components/admin/customers/customer-table";
import { CUSTOMER_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { dayParam, type SearchParams, searchTerm } from "../../list-query";
import { exportHref, linksOf, readList } from "../../list-state";

export const metadata: Metadata = { title: "Customers" };

export default async function CustomersPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(CUSTOMER_LIST.path);
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const list = readList(CUSTOMER_LIST, given, filters);
  const [page, views] = await Promise.all([
    services.admin.customers.listCustomers({ ...filters, ...list.page }),
    services.admin.lists.views("customers"),
  ]);

  return (
    <>
      <PageHeader
        title="Customers"
        description="Find a customer to see their referrals and rewards."
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "customers")}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Customer",
            placeholder: "Name, e-mail, code or phone",
          },
          ...dayFields("Customer from", "To"),
        ]}
      />
      <Card padding="flush">
        <CustomerTable
          customers={page.customers}
          timeZone={session.time_zone}
          term={filters.q}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.customers.length} />
      </Card>
    </>
  );
}
