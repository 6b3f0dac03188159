import type { Metadata } from "next";
import { ADDRESS_LIST } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { SUPPRESSION_WORDS } from "@/components/admin/mailbox/delivery-words";
import { SuppressionsTable } from "@/components/admin/mailbox/suppressions-table";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { suppressionCauseSchema } from "@/lib/admin/mailbox-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, type SearchParams, searchTerm } from "../../list-query";
import { exportHref, linksOf, readList } from "../../list-state";

const CAUSES = suppressionCauseSchema.options;

export const metadata: Metadata = { title: "Addresses without mails" };

export default async function AddressesPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(ADDRESS_LIST.path);
  const given = await searchParams;
  const filters = { q: searchTerm(given), cause: choice(given, "cause", CAUSES) };
  const list = readList(ADDRESS_LIST, given, filters);
  const [page, views] = await Promise.all([
    services.admin.mailbox.listSuppressions({ ...filters, ...list.page }),
    services.admin.lists.views("addresses"),
  ]);
  return (
    <>
      <PageHeader
        back={{ href: "/admin/mailbox", label: "Mailbox" }}
        title="Addresses without mails"
        description="Mails to these addresses are cancelled. Customers are asked on their dashboard to correct their address."
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "addresses")}
        fields={[
          { kind: "search", name: "q", label: "Address", placeholder: "A whole e-mail address" },
          {
            kind: "choice",
            name: "cause",
            label: "Why",
            options: [
              { value: "", label: "Every cause" },
              ...CAUSES.map((value) => ({ value, label: SUPPRESSION_WORDS[value] })),
            ],
          },
        ]}
      />
      <Card padding="flush">
        <SuppressionsTable
          suppressions={page.suppressions}
          timeZone={session.time_zone}
          mayLift={admin.permissions.includes("billing:manage_invoices")}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.suppressions.length} />
      </Card>
    </>
  );
}
