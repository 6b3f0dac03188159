import type { Metadata } from "next";
import {
  CANCEL_WORDS,
  DELIVERY_WORDS,
  SUPPRESSION_WORDS,
} from "@/components/admin/mailbox/delivery-words";
import { CAUSE_WORDS } from "@/components/admin/mailbox/failure-causes";
import { LiftSuppression } from "@/components/admin/mailbox/lift-suppression";
import { MailEvents } from "@/components/admin/mailbox/mail-events";
import { mailName } from "@/components/admin/mailbox/mail-names";
import { mailStatus } from "@/components/admin/mailbox/mail-status";
import { MailTries } from "@/components/admin/mailbox/mail-tries";
import { RetryMail } from "@/components/admin/mailbox/retry-mail";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { EmptyState } from "@/components/ui/empty-state";
import { Notice } from "@/components/ui/notice";
import { PageHeader } from "@/components/ui/page-header";
import { DateText } from "@/components/ui/text";
import { countOf } from "@/lib/words";
import { getMail } from "./mail";

const PATH = "/admin/mailbox";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { mail } = await getMail((await params).id);
  return { title: mail.subject ?? mailName(mail.template) };
}

export default async function MailPage({ params }: Props) {
  const { mail, session, admin } = await getMail((await params).id);
  const { time_zone: timeZone } = session;
  const isFailed = mail.status === "failed";
  const mayManage = admin.permissions.includes("billing:manage_invoices");
  const isOpen = mail.status === "queued" || mail.status === "sending";
  const date = (value: string) => <DateText value={value} timeZone={timeZone} withTime />;

  return (
    <>
      <PageHeader
        back={{ href: PATH, label: "Mailbox" }}
        title={mail.subject ?? mailName(mail.template)}
        meta={<StatusBadge kind="notification" status={mailStatus(mail)} />}
        description={
          <span className="wrap-anywhere">To {mail.recipient || "a former customer"}</span>
        }
        actions={
          isFailed && mayManage ? <RetryMail id={mail.id} recipient={mail.recipient} /> : null
        }
      />
      {isFailed ? (
        <Notice
          tone="negative"
          title={
            mail.failure_cause === "unclear"
              ? "A person has to decide whether this mail is sent again"
              : "This mail could not be sent"
          }
          className="mb-4 sm:mb-6"
        >
          {mail.failure_cause ? <p>{CAUSE_WORDS[mail.failure_cause].text}</p> : null}
          <p className="wrap-anywhere">{mail.last_error ?? "No reason was recorded."}</p>
        </Notice>
      ) : null}
      {mail.cancel_cause ? (
        <Notice title="This mail was not sent" className="mb-4 sm:mb-6">
          {CANCEL_WORDS[mail.cancel_cause]}{" "}
          {mail.merged_into ? (
            <TextLink href={`${PATH}/${mail.merged_into}`}>Show that mail</TextLink>
          ) : null}
        </Notice>
      ) : null}
      {mail.suppression ? (
        <Notice
          tone="warning"
          title="This address gets no mails"
          className="mb-4 sm:mb-6"
          action={
            mayManage ? <LiftSuppression id={mail.suppression.id} address={mail.recipient} /> : null
          }
        >
          {SUPPRESSION_WORDS[mail.suppression.cause]}, since {date(mail.suppression.created_at)}.
        </Notice>
      ) : null}
      <div className="grid items-start gap-4 sm:gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(16rem,1fr)]">
        <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
          <Card padding="flush" aria-labelledby="mail-title">
            <CardHeader divided title="As it looks" titleId="mail-title" />
            {mail.html ? (
              // An empty sandbox: no scripts, no forms, no navigation, no access to this page.
              <iframe
                title={`Mail: ${mail.subject ?? mailName(mail.template)}`}
                sandbox=""
                srcDoc={mail.html}
                className="block h-[40rem] max-h-[75dvh] w-full border-0 bg-[white] [color-scheme:light]"
              />
            ) : (
              <EmptyState title={isOpen ? "Not written yet" : "Nothing to show"}>
                {isOpen
                  ? "A mail is written when it is sent for the first time."
                  : `It was never written, or it was deleted: on request together with personal details, or after ${countOf(mail.retention_days, "day")}.`}
              </EmptyState>
            )}
          </Card>
          {mail.text_body ? (
            <Card padding="flush" aria-labelledby="text-title">
              <CardHeader divided title="As plain text" titleId="text-title" />
              <pre className="wrap-anywhere whitespace-pre-wrap p-4 font-mono text-sm sm:p-6">
                {mail.text_body}
              </pre>
            </Card>
          ) : null}
        </div>
        <div className="flex min-w-0 flex-col gap-4 sm:gap-6">
          <Card aria-labelledby="delivery-title">
            <CardHeader title="Delivery" titleId="delivery-title" />
            <DescriptionList
              items={[
                { label: "Kind", value: mailName(mail.template) },
                { label: "Queued", value: date(mail.created_at) },
                ...(mail.sent_at
                  ? [
                      {
                        label: mail.status === "captured" ? "Kept here" : "Sent",
                        value: date(mail.sent_at),
                      },
                    ]
                  : []),
                ...(mail.delivery_state
                  ? [{ label: "At the recipient", value: DELIVERY_WORDS[mail.delivery_state].text }]
                  : []),
                { label: "Tries that count", value: mail.attempts },
                ...(isOpen ? [{ label: "Next attempt", value: date(mail.next_attempt_at) }] : []),
                ...(mail.last_error && !isFailed
                  ? [{ label: "Last error", value: mail.last_error }]
                  : []),
                ...(mail.provider_message_id
                  ? [{ label: "Id at the provider", value: mail.provider_message_id }]
                  : []),
                ...(mail.may_have_arrived && isOpen
                  ? [{ label: "May have arrived", value: "Yes, a try had no clear answer" }]
                  : []),
                ...(mail.customer_id
                  ? [
                      {
                        label: "Customer",
                        value: (
                          <TextLink href={`/admin/customers/${mail.customer_id}/referrals`}>
                            Show the customer
                          </TextLink>
                        ),
                      },
                    ]
                  : []),
              ]}
            />
          </Card>
          {mail.events.length > 0 ? <MailEvents events={mail.events} timeZone={timeZone} /> : null}
          <MailTries tries={mail.tries} total={mail.tries_total} timeZone={timeZone} />
        </div>
      </div>
    </>
  );
}
