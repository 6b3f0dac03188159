import type { Metadata } from "next";
import { cycleDays, cycleOptions } from "@/components/admin/billing/billing-words";
import { BillingInvoiceTable } from "@/components/admin/billing/invoices/billing-invoice-table";
import { INVOICE_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { TextLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import { INVOICE_FILTERS, type InvoiceFilter } from "@/lib/billing/billing-admin-schemas";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import type { CallerServices } from "@/lib/composition/services";
import { localDate } from "@/lib/dates";
import { AppError } from "@/lib/errors";
import {
  choice,
  dayParam,
  idParam,
  monthParam,
  type SearchParams,
  searchTerm,
} from "../../../list-query";
import { exportHref, linksOf, readList } from "../../../list-state";

const LABELS: Readonly<Record<InvoiceFilter, string>> = {
  due: "Due",
  overdue: "Overdue",
  free_month: "Free months",
  pro_rated: "Pro-rated",
  credited: "Credited",
  completion: "Completions",
};

export const metadata: Metadata = { title: "Invoices" };

/** Null for an id of nothing: the list is empty then. */
const orNull = (error: unknown) => {
  if (error instanceof AppError && error.code === "not_found") return null;
  throw error;
};

/** Whose invoices, and of which run: what the address names by an id. */
async function subjectsOf(
  { admin }: CallerServices,
  { customer, run }: { customer?: string; run?: string },
) {
  const [head, found] = await Promise.all([
    customer ? admin.customers.getHead(customer).catch(orNull) : null,
    run ? admin.billing.getRun(run).catch(orNull) : null,
  ]);
  return { customer: head?.customer.name, run: found && cycleDays(found) };
}

export default async function InvoicesPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(INVOICE_LIST.path);
  const given = await searchParams;
  const filters = {
    q: searchTerm(given),
    status: choice(given, "status", INVOICE_FILTERS),
    cycle: monthParam(given, "cycle"),
    customer: idParam(given, "customer"),
    run: idParam(given, "run"),
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const { customer, run, cycle, ...rest } = filters;
  const list = readList(INVOICE_LIST, given, filters);
  const [page, views, names] = await Promise.all([
    services.admin.billing.listInvoices({
      ...rest,
      cycle: cycle && `${cycle}-01`,
      customerId: customer,
      runId: run,
      ...list.page,
    }),
    services.admin.lists.views("invoices"),
    subjectsOf(services, { customer, run }),
  ]);
  const now = systemClock();

  return (
    <>
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "invoices")}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Invoice or customer",
            placeholder: "Invoice number, name or e-mail",
          },
          {
            kind: "choice",
            name: "cycle",
            label: "Cycle",
            options: [
              { value: "", label: "Every cycle" },
              ...cycleOptions(localDate(now, session.time_zone)),
            ],
          },
          ...dayFields("Issued from", "To"),
        ]}
        chips={
          <>
            <FilterChips
              label="Filter invoices"
              items={[
                { href: list.href({ status: undefined }), label: "All", current: !filters.status },
                ...INVOICE_FILTERS.map((name) => ({
                  href: list.href({ status: name }),
                  label: LABELS[name],
                  current: filters.status === name,
                })),
              ]}
            />
            {customer ? (
              <p className="wrap-anywhere text-sm">
                Only invoices of <bdi>{names.customer ?? "an unknown customer"}</bdi>.{" "}
                <TextLink href={list.href({ customer: undefined })}>Show all customers</TextLink>
              </p>
            ) : null}
            {run ? (
              <p className="text-sm">
                Only invoices of{" "}
                {names.run ? (
                  <TextLink href={`/admin/billing/runs/${run}`}>the run for {names.run}</TextLink>
                ) : (
                  "an unknown run"
                )}
                . <TextLink href={list.href({ run: undefined })}>Show all runs</TextLink>
              </p>
            ) : null}
          </>
        }
      />
      <Card padding="flush">
        <BillingInvoiceTable
          invoices={page.invoices}
          timeZone={session.time_zone}
          now={now.toISOString()}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
          empty={
            list.isFiltered ? (
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
        <Pagination {...linksOf(list, page)} shown={page.invoices.length} />
      </Card>
    </>
  );
}
