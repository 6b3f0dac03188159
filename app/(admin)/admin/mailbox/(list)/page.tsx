import type { Metadata } from "next";
import { z } from "zod";
import { CAUSE_WORDS } from "@/components/admin/mailbox/failure-causes";
import { MAIL_KINDS } from "@/components/admin/mailbox/mail-names";
import { MailboxFilters } from "@/components/admin/mailbox/mailbox-filters";
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
import { choice, href, param, type SearchParams, searchTerm } from "../../list-query";
import { cursorOf, pageLinks } from "../../paging";

const PATH = "/admin/mailbox";
const STATUSES = notificationStatusSchema.options;
const KINDS = MAIL_KINDS.map(({ value }) => value);

export const metadata: Metadata = { title: "Mailbox" };

const day = (params: SearchParams, name: string) =>
  z.iso.date().safeParse(param(params, name)).data;

export default async function MailboxPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const { session, admin, services } = await requireAdminPage(PATH);
  const params = await searchParams;
  const status = choice(params, "status", STATUSES);
  const cause =
    status === "failed" ? choice(params, "cause", failureCauseSchema.options) : undefined;
  const search = {
    q: searchTerm(params),
    template: choice(params, "template", KINDS),
    from: day(params, "from"),
    to: day(params, "to"),
  };
  const query = { status, cause, ...search };
  const cursor = cursorOf(params);
  const { mailbox } = services.admin;
  const [page, failed] = await Promise.all([
    mailbox.listNotifications({ ...query, cursor }),
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
      <FilterChips
        className="mb-4"
        label="Filter by status"
        items={[
          { href: href(PATH, search), label: "All", current: !status },
          ...STATUSES.map((name) => ({
            href: href(PATH, { status: name, ...search }),
            label: statusLabel("notification", name),
            current: status === name,
            ...(name === "failed" && failed.total > 0 ? { count: failed.total } : {}),
          })),
        ]}
      />
      <MailboxFilters
        action={PATH}
        status={status}
        cause={cause}
        query={search}
        clearHref={href(PATH, { status, cause })}
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
          isFiltered={Object.values(query).some(Boolean)}
        />
        <Pagination
          label="Mailbox"
          shown={page.notifications.length}
          {...pageLinks(PATH, query, { cursor, next: page.next_cursor })}
        />
      </Card>
    </>
  );
}
