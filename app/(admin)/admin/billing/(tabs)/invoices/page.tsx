import type { Metadata } from "next";
import { BillingInvoiceTable } from "@/components/admin/billing/invoices/billing-invoice-table";
import { SearchField } from "@/components/forms/search-field";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import { INVOICE_FILTERS, type InvoiceFilter } from "@/lib/billing/billing-admin-schemas";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, href, type SearchParams, searchTerm } from "../../../list-query";
import { cursorOf, pageLinks } from "../../../paging";

const PATH = "/admin/billing/invoices";

const LABELS: Readonly<Record<InvoiceFilter, string>> = {
  due: "Due",
  overdue: "Overdue",
  free_month: "Free months",
  pro_rated: "Pro-rated",
  credited: "Credited",
};

export const metadata: Metadata = { title: "Invoices" };

export default async function InvoicesPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const q = searchTerm(params);
  const status = choice(params, "status", INVOICE_FILTERS);
  const cursor = cursorOf(params);
  const page = await services.admin.billing.listInvoices({ q, status, cursor });

  return (
    <>
      <div className="mb-4 flex flex-col gap-4">
        <SearchField
          action={PATH}
          label="Search by invoice number, or by the customer's name, e-mail address, code or phone"
          placeholder="Invoice number, name or e-mail"
          defaultValue={q}
          keep={{ status }}
        />
        <FilterChips
          label="Filter invoices"
          items={[
            { href: href(PATH, { q }), label: "All", current: !status },
            ...INVOICE_FILTERS.map((name) => ({
              href: href(PATH, { q, status: name }),
              label: LABELS[name],
              current: status === name,
            })),
          ]}
        />
      </div>
      <Card padding="flush">
        <BillingInvoiceTable
          invoices={page.invoices}
          timeZone={session.time_zone}
          now={systemClock().toISOString()}
          empty={
            (q ?? status) ? (
              <EmptyState title="Nothing matches">
                Choose another filter or change the search. You can search by the beginning of a
                number.
              </EmptyState>
            ) : (
              <EmptyState title="No invoices yet">
                The first billing run issues them. The preview shows what it would do.
              </EmptyState>
            )
          }
        />
        <Pagination
          label="Invoices"
          shown={page.invoices.length}
          {...pageLinks(PATH, { q, status }, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
