import type { Metadata } from "next";
import { MAIL_LIST } from "@/components/admin/lists/definitions";
import { dayFields, ListTools } from "@/components/admin/lists/list-tools";
import { CAUSE_WORDS } from "@/components/admin/mailbox/failure-causes";
import { MAIL_KINDS } from "@/components/admin/mailbox/mail-names";
import { MailboxTable } from "@/components/admin/mailbox/mailbox-table";
import { ReleaseCaptured } from "@/components/admin/mailbox/release-captured";
import { ResendFailed } from "@/components/admin/mailbox/resend-failed";
import { statusLabel } from "@/components/ui/badge";
import { LinkButton, TextLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { FilterChips } from "@/components/ui/nav-links";
import { PageHeader } from "@/components/ui/page-header";
import { Pagination } from "@/components/ui/pagination";
import { failureCauseSchema, notificationStatusSchema } from "@/lib/admin/mailbox-schemas";
import { systemClock } from "@/lib/clock";
import { requireAdminPage } from "@/lib/composition/page-session";
import { localDate } from "@/lib/dates";
import { countOf } from "@/lib/words";
import { choice, dayParam, href, type SearchParams, searchTerm } from "../../list-query";
import { exportHref, linksOf, readList } from "../../list-state";

const PATH = "/admin/mailbox";
const STATUSES = notificationStatusSchema.options;
const KINDS = MAIL_KINDS.map(({ value }) => value);

export const metadata: Metadata = { title: "Mailbox" };

export default async function MailboxPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const given = await searchParams;
  const status = choice(given, "status", STATUSES);
  const cause =
    status === "failed" ? choice(given, "cause", failureCauseSchema.options) : undefined;
  const search = {
    q: searchTerm(given),
    template: choice(given, "template", KINDS),
    from: dayParam(given, "from"),
    to: dayParam(given, "to"),
  };
  const query = { status, cause, ...search };
  const list = readList(MAIL_LIST, given, query);
  const { mailbox } = services.admin;
  const [page, views, failed] = await Promise.all([
    mailbox.listNotifications({ ...query, ...list.page }),
    services.admin.lists.views("mailbox"),
    mailbox.countFailed(),
  ]);
  const mayResend = admin.permissions.includes("billing:manage_invoices");
  const causes = failureCauseSchema.options.flatMap((name) => {
    const count = failed.by_cause[name] ?? 0;
    return count > 0 ? [{ name, count }] : [];
  });

  return (
    <>
      <PageHeader
        title="Mailbox"
        description="Every mail to customers and to the team. Mails that are kept here were not sent."
        actions={
          <>
            {status === "captured" && mayResend ? (
              <ReleaseCaptured today={localDate(systemClock(), session.time_zone)} />
            ) : null}
            <LinkButton href={`${PATH}/addresses`} variant="ghost">
              Addresses without mails
            </LinkButton>
            {admin.permissions.includes("program:manage") ? (
              <LinkButton href={`${PATH}/settings`} variant="ghost">
                Settings
              </LinkButton>
            ) : null}
          </>
        }
      />
      <ListTools
        list={list}
        page={page}
        views={views}
        exportHref={exportHref(list, admin, "mailbox")}
        fields={[
          {
            kind: "search",
            name: "q",
            label: "Person",
            placeholder: "Name, address, code or phone",
          },
          {
            kind: "choice",
            name: "template",
            label: "Kind",
            options: [{ value: "", label: "Every kind" }, ...MAIL_KINDS],
          },
          ...dayFields("From", "To"),
        ]}
        chips={
          <FilterChips
            label="Filter by status"
            items={[
              {
                href: list.href({ status: undefined, cause: undefined }),
                label: "All",
                current: !status,
              },
              ...STATUSES.map((name) => ({
                href: list.href({ status: name, cause: undefined }),
                label: statusLabel("notification", name),
                current: status === name,
                ...(name === "failed" && failed.total > 0 ? { count: failed.total } : {}),
              })),
            ]}
          />
        }
      />
      {status === "failed" && causes.length > 0 ? (
        <Card padding="flush" className="mb-4" aria-label="Mails that were given up, by cause">
          <ul className="divide-y divide-border">
            {causes.map(({ name, count }) => (
              <li
                key={name}
                className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 p-4 sm:px-6"
              >
                <div className="min-w-0 flex-1 basis-64">
                  <p className="font-medium text-sm">
                    <TextLink
                      quiet
                      href={href(PATH, { status, cause: cause === name ? undefined : name })}
                      aria-current={cause === name ? "true" : undefined}
                    >
                      {CAUSE_WORDS[name].label}
                    </TextLink>
                    <span className="text-text-muted"> · {countOf(count, "mail")}</span>
                  </p>
                  <p className="text-text-muted text-sm">{CAUSE_WORDS[name].text}</p>
                </div>
                {mayResend ? <ResendFailed cause={name} count={count} /> : null}
              </li>
            ))}
          </ul>
        </Card>
      ) : null}
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
