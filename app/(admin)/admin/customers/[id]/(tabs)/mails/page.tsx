import type { Metadata } from "next";
import { customerLists } from "@/components/admin/lists/definitions";
import { ListTools } from "@/components/admin/lists/list-tools";
import { MAIL_KINDS } from "@/components/admin/mailbox/mail-names";
import { MailboxTable } from "@/components/admin/mailbox/mailbox-table";
import { statusLabel } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { Pagination } from "@/components/ui/pagination";
import { notificationStatusSchema } from "@/lib/admin/mailbox-schemas";
import { choice, type SearchParams } from "../../../../list-query";
import { linksOf, readList } from "../../../../list-state";
import { customerPath, getCustomer } from "../../customer";

const STATUSES = notificationStatusSchema.options;
const KINDS = MAIL_KINDS.map(({ value }) => value);

type Props = { params: Promise<{ id: string }>; searchParams: Promise<SearchParams> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { details } = await getCustomer((await params).id);
  return { title: `${details.customer.name}: mails` };
}

export default async function CustomerMailsPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { session, services } = await getCustomer(id);
  const given = await searchParams;
  const filters = {
    status: choice(given, "status", STATUSES),
    template: choice(given, "template", KINDS),
  };
  const list = readList(customerLists(customerPath(id)).mails, given, filters);
  const page = await services.admin.mailbox.listNotifications({
    ...filters,
    customerId: id,
    ...list.page,
  });

  return (
    <>
      <ListTools
        list={list}
        page={page}
        fields={[
          {
            kind: "choice",
            name: "template",
            label: "Kind",
            options: [{ value: "", label: "Every kind" }, ...MAIL_KINDS],
          },
        ]}
        chips={
          <FilterChips
            label="Filter by status"
            items={[
              { href: list.href({ status: undefined }), label: "All", current: !filters.status },
              ...STATUSES.map((name) => ({
                href: list.href({ status: name }),
                label: statusLabel("notification", name),
                current: filters.status === name,
              })),
            ]}
          />
        }
      />
      <Card padding="flush">
        <MailboxTable
          notifications={page.notifications}
          timeZone={session.time_zone}
          isFiltered={list.isFiltered}
          hiddenColumns={list.hiddenColumns}
          sortLinks={list.sortLinks}
        />
        <Pagination {...linksOf(list, page)} shown={page.notifications.length} />
      </Card>
    </>
  );
}
