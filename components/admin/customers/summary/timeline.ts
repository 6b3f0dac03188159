import { auditSentence } from "@/components/admin/customers/audit/audit-sentence";
import { mailName } from "@/components/admin/mailbox/mail-names";
import { refusalWords } from "@/components/admin/review/case-facts";
import { statusLabel } from "@/components/ui/badge";
import type { CustomerRecord } from "@/lib/admin/customer-record-schemas";
import { formatMoney } from "@/lib/money";
import { cycleText } from "./replies";

/** Something that happened, and where more of it stands. */
export type TimelineEvent = {
  key: string;
  /** ISO 8601. */
  at: string;
  kind: "order" | "service" | "invoice" | "reward" | "referral" | "mail" | "refused" | "team";
  text: string;
  href: string | null;
};

const LONGEST = 40;

/** Everything that happened to a customer, newest first: the first forty of what the record has. `timeZone` is an IANA zone. */
export function timelineOf(
  record: CustomerRecord,
  path: string,
  timeZone: string,
): TimelineEvent[] {
  const { currency } = record;
  const orders: TimelineEvent[] = record.orders.map((order) => ({
    key: `order ${order.id}`,
    at: order.created_at,
    kind: "order",
    text: `Ordered ${order.package_name} (${order.order_number})${order.referral_code ? ` with the code ${order.referral_code}` : ""}`,
    href: `/admin/orders?q=${encodeURIComponent(order.order_number)}`,
  }));
  const services: TimelineEvent[] = record.services.flatMap((service) => {
    const events = [
      { at: service.activated_at, text: `${service.package_name} became active` },
      { at: service.suspended_at, text: `${service.package_name} was suspended` },
      { at: service.cancelled_at, text: `${service.package_name} was cancelled` },
    ];
    return events.flatMap(({ at, text }) =>
      at === null
        ? []
        : [
            {
              key: `service ${service.id} ${text}`,
              at,
              kind: "service" as const,
              text,
              href: null,
            },
          ],
    );
  });
  const invoices: TimelineEvent[] = record.invoices.map((invoice) => ({
    key: `invoice ${invoice.id}`,
    at: invoice.issued_at,
    kind: "invoice",
    text: `Invoice ${invoice.invoice_number} for ${cycleText(invoice)}: ${formatMoney(invoice.amount_due_cents, currency)}${invoice.is_free_month ? ", free month" : ""}`,
    href: `/invoices/${encodeURIComponent(invoice.invoice_number)}`,
  }));
  const rewards: TimelineEvent[] = record.rewards.map((reward) => ({
    key: `reward ${reward.id}`,
    at: reward.created_at,
    kind: "reward",
    text:
      reward.source === "earned"
        ? `Earned a free month (${statusLabel("reward", reward.status).toLowerCase()})`
        : `Was given a free month (${statusLabel("reward", reward.status).toLowerCase()})`,
    href: `${path}/rewards`,
  }));
  const referrals: TimelineEvent[] = record.referrals.map((referral) => ({
    key: `referral ${referral.id}`,
    at: referral.referred_at,
    kind: "referral",
    text: `Referred ${referral.referred.name} (${statusLabel("referral", referral.status).toLowerCase()})`,
    href: `/admin/customers/${referral.referred.id}`,
  }));
  const mails: TimelineEvent[] = record.notifications.map((mail) => ({
    key: `mail ${mail.id}`,
    at: mail.created_at,
    kind: "mail",
    text: `Mail: ${mailName(mail.template)} (${statusLabel("notification", mail.status).toLowerCase()})`,
    href: `/admin/mailbox/${mail.id}`,
  }));
  const refused: TimelineEvent[] = record.refused_codes.map((attempt) => ({
    key: `refused ${attempt.id}`,
    at: attempt.at,
    kind: "refused",
    text: `The code ${attempt.referral_code} was not applied: ${refusalWords(attempt.reason)}`,
    href: attempt.customer ? `/admin/customers/${attempt.customer.id}` : null,
  }));
  const team: TimelineEvent[] = record.audit.map((entry) => ({
    key: `audit ${entry.id}`,
    at: entry.created_at,
    kind: "team",
    text: `${auditSentence(entry, { timeZone, currency })}${entry.reason ? `: “${entry.reason}”` : ""}`,
    href: `${path}/audit`,
  }));
  return [orders, services, invoices, rewards, referrals, mails, refused, team]
    .flat()
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, LONGEST);
}
