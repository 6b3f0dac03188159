import { render, toPlainText } from "@react-email/render";
import type { ComponentType, ReactElement } from "react";
import { z } from "zod";
import { formatDate, lastDayBefore } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import { countOf } from "@/lib/words";
import {
  isNotificationTemplate,
  type NotificationTemplate,
  PAYLOAD_SCHEMAS,
  type Payload,
} from "./payloads";
import { mailSubject } from "./plain-text";
import { CreditNoteIssuedMail } from "./templates/account-mails";
import {
  BillingRunFailedMail,
  ErasureRequestedMail,
  InvariantsViolatedMail,
  MailOutageMail,
  RoleChangedMail,
  roleSubject,
  ServicesUnbilledMail,
  SuspiciousActivityMail,
} from "./templates/admin-mails";
import { ProgrammeDigestMail } from "./templates/digest-mail";
import {
  InvoiceIssuedMail,
  InvoiceOverdueMail,
  invoiceSubject,
  overdueSubject,
  PaymentReceivedMail,
  paymentSubject,
} from "./templates/invoice-mails";
import type { MailContext, MailProps } from "./templates/layout";
import {
  CoverageOpenedMail,
  FriendCoverageOpenedMail,
  OrderReceivedMail,
  ServiceActiveMail,
} from "./templates/order-mails";
import {
  daysEndOn,
  ReferralActivatedMail,
  ReferralQualifiedMail,
  ReferralSignupMail,
} from "./templates/referral-mails";
import {
  newsSubject,
  ReferralNewsMail,
  ReferralUpdateMail,
  updateSubject,
} from "./templates/referral-news-mails";
import {
  AppealDecidedMail,
  AppealReceivedMail,
  ReferralRejectedMail,
} from "./templates/review-mails";
import {
  RewardAppliedMail,
  RewardEarnedMail,
  RewardExpiredMail,
  RewardExpiringMail,
  RewardGrantedMail,
  RewardRevokedMail,
} from "./templates/reward-mails";
import {
  EmailChangedMail,
  ErasureAskedMail,
  NewDeviceMail,
  PasswordChangedMail,
} from "./templates/security-mails";
import {
  PackageChangedMail,
  packageSubject,
  ServiceReactivatedMail,
  ServiceSuspendedMail,
} from "./templates/service-mails";
import { monthName } from "./templates/wording";

export type { MailContext };

export interface RenderedMail {
  /** One line, bounded. */
  subject: string;
  html: string;
  text: string;
}

/** A mail that cannot be written: its template is unknown, or its payload does not fit. */
export class RenderingError extends Error {
  override name = "RenderingError";
}

type Compose = (payload: unknown, context: MailContext) => { subject: string; mail: ReactElement };

function template<S extends z.ZodType>(
  schema: S,
  Mail: ComponentType<MailProps<z.output<S>>>,
  subject: (payload: z.output<S>, context: MailContext) => string,
): Compose {
  return (raw, context) => {
    const parsed = schema.safeParse(raw);
    if (!parsed.success) throw new RenderingError(z.prettifyError(parsed.error));
    return {
      subject: subject(parsed.data, context),
      mail: <Mail payload={parsed.data} context={context} />,
    };
  };
}

type Digest = Payload<"programme_digest">;

/** The mails of a digest as a sentence each; the same sentence stands once. */
function digestLines({ items }: Digest, context: MailContext): string[] {
  const lines = items.map(({ template: name, payload }) => {
    if (!isNotificationTemplate(name) || name === "programme_digest") {
      throw new RenderingError(`Unknown template in a digest: ${name}`);
    }
    return `${TEMPLATES[name](payload, context).subject}.`;
  });
  return [...new Set(lines)];
}

/** What a digest is about: a free month first, else one kind of news, else all of it. */
function digestSubject({ items }: Digest): string {
  const kinds = new Set(items.map((item) => item.template));
  if (kinds.has("reward_earned")) return "You earned a free month";
  if (kinds.size === 1 && kinds.has("referral_signup")) {
    return `${items.length} friends ordered with your code`;
  }
  if (kinds.size === 1 && kinds.has("referral_activated")) {
    return `The services of ${items.length} friends are active`;
  }
  return "News about your referrals";
}

const composeDigest: Compose = (raw, context) => {
  const parsed = PAYLOAD_SCHEMAS.programme_digest.safeParse(raw);
  if (!parsed.success) throw new RenderingError(z.prettifyError(parsed.error));
  const subject = digestSubject(parsed.data);
  return {
    subject,
    mail: (
      <ProgrammeDigestMail
        context={context}
        name={parsed.data.first_name}
        subject={subject}
        lines={digestLines(parsed.data, context)}
      />
    ),
  };
};

const TEMPLATES: Readonly<Record<NotificationTemplate, Compose>> = {
  order_received: template(
    PAYLOAD_SCHEMAS.order_received,
    OrderReceivedMail,
    ({ order_number }) => `We have your order ${order_number}`,
  ),
  service_active: template(
    PAYLOAD_SCHEMAS.service_active,
    ServiceActiveMail,
    ({ package_name }) => `${package_name} is active`,
  ),
  service_suspended: template(
    PAYLOAD_SCHEMAS.service_suspended,
    ServiceSuspendedMail,
    ({ package_name }) => `${package_name} is suspended`,
  ),
  service_reactivated: template(
    PAYLOAD_SCHEMAS.service_reactivated,
    ServiceReactivatedMail,
    ({ package_name }) => `${package_name} works again`,
  ),
  service_package_changed: template(
    PAYLOAD_SCHEMAS.service_package_changed,
    PackageChangedMail,
    packageSubject,
  ),
  invoice_issued: template(PAYLOAD_SCHEMAS.invoice_issued, InvoiceIssuedMail, invoiceSubject),
  invoice_overdue: template(PAYLOAD_SCHEMAS.invoice_overdue, InvoiceOverdueMail, overdueSubject),
  payment_received: template(PAYLOAD_SCHEMAS.payment_received, PaymentReceivedMail, paymentSubject),
  role_changed: template(PAYLOAD_SCHEMAS.role_changed, RoleChangedMail, roleSubject),
  password_changed: template(
    PAYLOAD_SCHEMAS.password_changed,
    PasswordChangedMail,
    () => "Your password was changed",
  ),
  email_changed: template(
    PAYLOAD_SCHEMAS.email_changed,
    EmailChangedMail,
    () => "The e-mail address of your account was changed",
  ),
  erasure_asked: template(
    PAYLOAD_SCHEMAS.erasure_asked,
    ErasureAskedMail,
    () => "You asked us to erase your personal details",
  ),
  new_device: template(
    PAYLOAD_SCHEMAS.new_device,
    NewDeviceMail,
    ({ device }) => `New sign-in to your account: ${device}`,
  ),
  coverage_opened: template(
    PAYLOAD_SCHEMAS.coverage_opened,
    CoverageOpenedMail,
    ({ suburb, postal_code }) => `We can connect ${suburb === "" ? postal_code : suburb} now`,
  ),
  friend_coverage_opened: template(
    PAYLOAD_SCHEMAS.friend_coverage_opened,
    FriendCoverageOpenedMail,
    () => "Somebody you invited can be connected now",
  ),
  referral_signup: template(
    PAYLOAD_SCHEMAS.referral_signup,
    ReferralSignupMail,
    ({ friend }) => `${friend} ordered with your code`,
  ),
  referral_activated: template(
    PAYLOAD_SCHEMAS.referral_activated,
    ReferralActivatedMail,
    (payload, { timeZone }) =>
      `${payload.friend} is active; the days end on ${daysEndOn(payload, timeZone)}`,
  ),
  referral_qualified: template(
    PAYLOAD_SCHEMAS.referral_qualified,
    ReferralQualifiedMail,
    ({ friend, progress: { counted, required } }) =>
      `${friend} now counts: ${counted} of ${required} for a free month`,
  ),
  referral_news: template(PAYLOAD_SCHEMAS.referral_news, ReferralNewsMail, newsSubject),
  referral_update: template(PAYLOAD_SCHEMAS.referral_update, ReferralUpdateMail, updateSubject),
  reward_earned: template(
    PAYLOAD_SCHEMAS.reward_earned,
    RewardEarnedMail,
    () => "You earned a free month",
  ),
  reward_applied: template(
    PAYLOAD_SCHEMAS.reward_applied,
    RewardAppliedMail,
    ({ invoice_number, amount_waived_cents, currency }) =>
      `Your free month was used on ${invoice_number}: ${formatMoney(amount_waived_cents, currency)} less`,
  ),
  reward_granted: template(
    PAYLOAD_SCHEMAS.reward_granted,
    RewardGrantedMail,
    () => "A free month as goodwill",
  ),
  reward_revoked: template(
    PAYLOAD_SCHEMAS.reward_revoked,
    RewardRevokedMail,
    () => "A free month was taken back",
  ),
  reward_expiring: template(
    PAYLOAD_SCHEMAS.reward_expiring,
    RewardExpiringMail,
    ({ expires_at }, { timeZone }) =>
      `Your free month is valid until ${formatDate(lastDayBefore(expires_at, timeZone), timeZone)}`,
  ),
  reward_expired: template(
    PAYLOAD_SCHEMAS.reward_expired,
    RewardExpiredMail,
    () => "A free month expired",
  ),
  credit_note_issued: template(
    PAYLOAD_SCHEMAS.credit_note_issued,
    CreditNoteIssuedMail,
    ({ credit_note_number, invoice_number }) =>
      `Credit note ${credit_note_number} for invoice ${invoice_number}`,
  ),
  referral_rejected: template(
    PAYLOAD_SCHEMAS.referral_rejected,
    ReferralRejectedMail,
    ({ friend }) => `${friend} does not count towards a free month`,
  ),
  appeal_received: template(
    PAYLOAD_SCHEMAS.appeal_received,
    AppealReceivedMail,
    ({ friend }) => `We look at ${friend} again`,
  ),
  appeal_decided: template(
    PAYLOAD_SCHEMAS.appeal_decided,
    AppealDecidedMail,
    ({ friend, outcome }) =>
      outcome === "upheld"
        ? `${friend} counts like your other friends`
        : `The decision about ${friend} stays`,
  ),
  suspicious_activity: template(
    PAYLOAD_SCHEMAS.suspicious_activity,
    SuspiciousActivityMail,
    ({ kind, referrer_name: name }) =>
      kind === "refused_attempts"
        ? `The code of ${name} was refused many times`
        : `Please review a referral of ${name}`,
  ),
  billing_run_failed: template(
    PAYLOAD_SCHEMAS.billing_run_failed,
    BillingRunFailedMail,
    ({ period_start, errors }) =>
      `Billing run for ${monthName(period_start)} failed with ${countOf(errors, "error")}`,
  ),
  services_unbilled: template(
    PAYLOAD_SCHEMAS.services_unbilled,
    ServicesUnbilledMail,
    ({ services }) => `${countOf(services, "service month")} not billed yet`,
  ),
  invariants_violated: template(
    PAYLOAD_SCHEMAS.invariants_violated,
    InvariantsViolatedMail,
    ({ violations }) => `The nightly check found ${countOf(violations, "violation")}`,
  ),
  programme_digest: composeDigest,
  erasure_requested: template(
    PAYLOAD_SCHEMAS.erasure_requested,
    ErasureRequestedMail,
    ({ customer_name: name }) => `${name} asks for erasure`,
  ),
  mail_outage: template(
    PAYLOAD_SCHEMAS.mail_outage,
    MailOutageMail,
    () => "Mails leave again after an outage",
  ),
};

const lineBreaks = (selector: string, leadingLineBreaks: number, trailingLineBreaks: number) => ({
  selector,
  format: "block",
  options: { leadingLineBreaks, trailingLineBreaks },
});

/** How the text version differs from the usual conversion. */
const TEXT_SELECTORS = [
  // Headings keep their case: a person's name is part of them.
  { selector: "h1", options: { uppercase: false } },
  lineBreaks("td.fact-label", 2, 1),
  lineBreaks("td.fact-value", 1, 2),
  lineBreaks("p.fact", 1, 1),
];

/**
 * Writes a mail. Dates are shown in `context.timeZone`. The same input always gives the same
 * mail, byte for byte: the provider refuses a repeated key that comes with another content.
 *
 * @throws RenderingError when the template is unknown or the payload does not fit it.
 * @throws RangeError when the time zone is unknown.
 */
export async function renderNotification(
  name: string,
  payload: unknown,
  context: MailContext,
): Promise<RenderedMail> {
  if (!isNotificationTemplate(name)) throw new RenderingError(`Unknown template: ${name}`);
  const { subject, mail } = TEMPLATES[name](payload, context);
  const html = await render(mail);
  return {
    subject: mailSubject(subject),
    html,
    text: toPlainText(html, { selectors: TEXT_SELECTORS }),
  };
}
