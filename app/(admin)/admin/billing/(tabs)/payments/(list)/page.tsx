import { Upload } from "lucide-react";
import type { Metadata } from "next";
import { PaymentTable } from "@/components/admin/billing/payments/payment-table";
import { PAYMENT_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { LinkButton } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import { PAYMENT_FILTERS, type PaymentFilter } from "@/lib/billing/billing-admin-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, dayParam, type SearchParams, searchTerm } from "../../../../list-query";
import { exportHref, linksOf, readList } from "../../../../list-state";

const LABELS: Readonly<Record<PaymentFilter, string>> = { kept: "Kept", reversed: "Taken back" };

export const metadata: Metadata = { title: "Payments" };

export default async function PaymentsPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PAYMENT_LIST.path);
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    status: choice(given, "status", PAYMENT_FILTERS),
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const list = readList(PAYMENT_LIST, given, filters);
  const [page, views] = await Promise.all([
    services.admin.billing.listPayments({ ...filters, ...list.page }),
    services.admin.lists.views("payments"),
  ]);
  const canManage = admin.permissions.includes("billing:manage_invoices");
  return (
    <>
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "payments")}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Customer or invoice",
            placeholder: "Name, e-mail, code or invoice number",
          },
          ...dayFields("Recorded from", "To"),
        ]}
        chips={
          <FilterChips
            label="Filter payments"
            items={[
              { href: list.href({ status: undefined }), label: "All", current: !filters.status },
              ...PAYMENT_FILTERS.map((name) => ({
                href: list.href({ status: name }),
                label: LABELS[name],
                current: filters.status === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush" aria-labelledby="payments-title">
        <CardHeader
          divided
          title="Payments"
          titleId="payments-title"
          description="One payment is recorded on the account of its customer. Many come from a file of the bank."
          actions={
            canManage ? (
              <LinkButton href={`${PAYMENT_LIST.path}/import`} icon={<Upload aria-hidden="true" />}>
                Import, and how customers pay
              </LinkButton>
            ) : null
          }
        />
        <PaymentTable
          payments={page.payments}
          timeZone={session.time_zone}
          canManage={canManage}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.payments.length} />
      </Card>
    </>
  );
}
