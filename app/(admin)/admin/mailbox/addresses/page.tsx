import type { Metadata } from "next";
import { SuppressionsTable } from "@/components/admin/mailbox/suppressions-table";
import { Card } from "@/components/ui/card";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { requireAdminPage } from "@/lib/composition/page-session";
import type { SearchParams } from "../../list-query";
import { cursorOf, pageLinks } from "../../paging";

const PATH = "/admin/mailbox/addresses";

export const metadata: Metadata = { title: "Addresses without mails" };

export default async function AddressesPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const cursor = cursorOf(await searchParams);
  const page = await services.admin.mailbox.listSuppressions({ cursor });
  return (
    <>
      <PageHeader
        back={{ href: "/admin/mailbox", label: "Mailbox" }}
        title="Addresses without mails"
        description="Mails to these addresses are cancelled. Customers are asked on their dashboard to correct their address."
      />
      <Card padding="flush">
        <SuppressionsTable
          suppressions={page.suppressions}
          timeZone={session.time_zone}
          mayLift={admin.permissions.includes("billing:manage_invoices")}
        />
        <Pagination
          label="Addresses"
          shown={page.suppressions.length}
          {...pageLinks(PATH, {}, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
