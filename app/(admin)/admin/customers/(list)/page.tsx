import type { Metadata } from "next";
import { CustomerTable } from "@/components/admin/customers/customer-table";
import { SearchField } from "@/components/forms/search-field";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import { type SearchParams, searchTerm } from "../../list-query";
import { cursorOf, pageLinks } from "../../paging";

const PATH = "/admin/customers";

export const metadata: Metadata = { title: "Customers" };

export default async function CustomersPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const q = searchTerm(params);
  const cursor = cursorOf(params);
  const page = await services.admin.customers.listCustomers({ q, cursor });

  return (
    <>
      <PageHeader
        title="Customers"
        description="Find a customer to see their referrals and rewards."
      />
      <SearchField
        action={PATH}
        label="Search by name, e-mail address, code or phone"
        placeholder="Name, e-mail, code or phone"
        defaultValue={q}
        className="mb-4"
      />
      <Card padding="flush">
        <CustomerTable customers={page.customers} timeZone={session.time_zone} term={q} />
        <Pagination
          label="Customers"
          shown={page.customers.length}
          {...pageLinks(PATH, { q }, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
