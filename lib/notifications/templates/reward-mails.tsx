import { formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import type { Payload } from "../payloads";
import {
  Action,
  Facts,
  Greeting,
  MailLayout,
  type MailProps,
  Note,
  Paragraph,
  Quote,
} from "./layout";
import { monthName } from "./wording";

const WHY = "You get this mail because you take part in our referral programme.";
const HOW =
  "A free month is used by itself on your next invoice, one per billing month. There is " +
  "nothing you need to do.";

/** Enough friends counted: a free month. */
export function RewardEarnedMail({ payload, context }: MailProps<Payload<"reward_earned">>) {
  const date = formatDate(payload.expires_at, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview="It is used by itself on your next invoice."
      heading="You earned a free month"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        The friends you invited have brought you a free month. Thank you for recommending us.
      </Paragraph>
      <Facts
        facts={[
          { label: "Your reward", value: "1 free month" },
          { label: "Valid until", value: date },
        ]}
      />
      <Action href={`${context.siteUrl}/dashboard`}>See your rewards</Action>
      <Note>{HOW}</Note>
    </MailLayout>
  );
}

/** A free month was used on an invoice. */
export function RewardAppliedMail({ payload, context }: MailProps<Payload<"reward_applied">>) {
  const waived = formatMoney(payload.amount_waived_cents, payload.currency);
  const month = monthName(payload.period_start);
  return (
    <MailLayout
      context={context}
      preview={`${waived} less on invoice ${payload.invoice_number}.`}
      heading={`Your free month was used for ${month}`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We used your free month on invoice {payload.invoice_number}. It took {waived} off.
      </Paragraph>
      <Facts
        facts={[
          { label: "Invoice", value: payload.invoice_number },
          { label: "Month", value: month },
          {
            label: "Free month",
            value: formatMoney(-payload.amount_waived_cents, payload.currency),
          },
          { label: "Amount due", value: formatMoney(payload.amount_due_cents, payload.currency) },
        ]}
      />
      <Action href={`${context.siteUrl}/invoices/${encodeURIComponent(payload.invoice_number)}`}>
        View the invoice
      </Action>
    </MailLayout>
  );
}

/** A free month given by our team. */
export function RewardGrantedMail({ payload, context }: MailProps<Payload<"reward_granted">>) {
  const date = formatDate(payload.expires_at, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview="It is used by itself on your next invoice."
      heading="We added a free month to your account"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>Our team has given you a free month.</Paragraph>
      <Quote label="Reason">{payload.reason}</Quote>
      <Facts
        facts={[
          { label: "Your reward", value: "1 free month" },
          { label: "Valid until", value: date },
        ]}
      />
      <Action href={`${context.siteUrl}/dashboard`}>See your rewards</Action>
      <Note>{HOW}</Note>
    </MailLayout>
  );
}

/** A free month taken back before it was used. */
export function RewardRevokedMail({ payload, context }: MailProps<Payload<"reward_revoked">>) {
  return (
    <MailLayout
      context={context}
      preview="The reason is in this mail."
      heading="A free month was taken back"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We removed an unused free month from your account. Invoices that you already have stay as
        they are.
      </Paragraph>
      <Quote label="Reason">{payload.reason}</Quote>
      <Action href={`${context.siteUrl}/dashboard`}>See your rewards</Action>
      <Note>If you think this is a mistake, please write to us and we will look at it again.</Note>
    </MailLayout>
  );
}

/** A free month will expire unused. */
export function RewardExpiringMail({ payload, context }: MailProps<Payload<"reward_expiring">>) {
  const date = formatDate(payload.expires_at, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={`It can be used on an invoice issued before ${date}.`}
      heading={`Your free month expires on ${date}`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        You have a free month that has not been used yet. It is used by itself on your next invoice,
        as long as your service is active.
      </Paragraph>
      <Facts facts={[{ label: "Expires on", value: date }]} />
      <Action href={`${context.siteUrl}/dashboard`}>See your rewards</Action>
    </MailLayout>
  );
}

/** A free month expired unused. */
export function RewardExpiredMail({ payload, context }: MailProps<Payload<"reward_expired">>) {
  const date = formatDate(payload.expires_at, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={`It was valid until ${date}.`}
      heading="A free month expired"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        A free month on your account was not used in time and has expired. Friends you invite from
        now on count towards a new one.
      </Paragraph>
      <Facts facts={[{ label: "Was valid until", value: date }]} />
      <Action href={`${context.siteUrl}/dashboard`}>Share your code</Action>
    </MailLayout>
  );
}
