import type { Metadata } from "next";
import { MailboxTable } from "@/components/admin/mailbox/mailbox-table";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { notificationStatusSchema } from "@/lib/admin/mailbox-schemas";
import { requireAdminPage } from "@/lib/composition/page-session";
import { choice, href, type SearchParams } from "../../list-query";
import { cursorOf, pageLinks } from "../../paging";

const PATH = "/admin/mailbox";
const STATUSES = notificationStatusSchema.options;

export const metadata: Metadata = { title: "Mailbox" };

export default async function MailboxPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const status = choice(params, "status", STATUSES);
  const cursor = cursorOf(params);
  const page = await services.admin.mailbox.listNotifications({ status, cursor });

  return (
    <>
      <PageHeader
        title="Mailbox"
        description="Every mail to customers and to the team. Mails that are kept here were not sent."
      />
      <FilterChips
        className="mb-4"
        label="Filter by status"
        items={[
          { href: PATH, label: "All", current: !status },
          ...STATUSES.map((name) => ({
            href: href(PATH, { status: name }),
            label: statusLabel("notification", name),
            current: status === name,
          })),
        ]}
      />
      <Card padding="flush">
        <MailboxTable
          notifications={page.notifications}
          timeZone={session.time_zone}
          isFiltered={status !== undefined}
        />
        <Pagination
          label="Mailbox"
          shown={page.notifications.length}
          {...pageLinks(PATH, { status }, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
