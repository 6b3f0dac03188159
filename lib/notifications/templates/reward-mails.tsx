import { formatDate, lastDayBefore } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import { listed } from "@/lib/words";
import type { Payload } from "../payloads";
import {
  Action,
  type Fact,
  Facts,
  Greeting,
  MailLayout,
  type MailProps,
  Note,
  NoteLink,
  Paragraph,
  Quote,
} from "./layout";
import { monthName } from "./wording";

const WHY = "You get this mail because you take part in our referral programme.";
const WHY_GIVEN = "You get this mail because our team gave you a free month as goodwill.";
const HOW =
  "A free month is used by itself on the invoice of your next whole month, one per billing " +
  "month. There is nothing you need to do.";

/** The last day on which a free month can be used. */
const validUntil = ({ expires_at }: { expires_at: string }, timeZone: string) =>
  formatDate(lastDayBefore(expires_at, timeZone), timeZone);

/** What it takes off, as a fact; nothing without a service. */
const worthFacts = ({ worth_cents, currency }: Payload<"reward_expiring">): Fact[] =>
  worth_cents === null
    ? []
    : [{ label: "Worth at today’s price", value: formatMoney(worth_cents, currency) }];

/** Enough friends counted: a free month. */
export function RewardEarnedMail({ payload, context }: MailProps<Payload<"reward_earned">>) {
  const date = validUntil(payload, context.timeZone);
  const { friends } = payload;
  return (
    <MailLayout
      context={context}
      preview="It is used by itself on the invoice of your next whole month."
      heading="You earned a free month"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {friends.length === 0 ? "The friends you invited" : listed(friends)}{" "}
        {friends.length === 1 ? "has" : "have"} brought you a free month. Thank you for recommending
        us.
      </Paragraph>
      <Facts
        facts={[
          { label: "Your reward", value: "1 free month" },
          ...worthFacts(payload),
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
  const isGiven = payload.source === "manual";
  const name = isGiven
    ? "the free month that our team gave you as goodwill"
    : "the free month that your friends brought you";
  return (
    <MailLayout
      context={context}
      preview={`${waived} less on invoice ${payload.invoice_number}.`}
      heading={`Your free month was used for ${month}`}
      why={isGiven ? WHY_GIVEN : WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We used {name} on invoice {payload.invoice_number}.{" "}
        {payload.treatment === "discount"
          ? `It took ${waived} off the price.`
          : `It is a credit of ${waived} against the total, which keeps the full price and its VAT.`}
      </Paragraph>
      <Facts
        facts={[
          { label: "Invoice", value: payload.invoice_number },
          { label: "Month", value: month },
          {
            label: payload.treatment === "discount" ? "Free month" : "Credit for a free month",
            value: formatMoney(-payload.amount_waived_cents, payload.currency),
          },
          { label: "Amount due", value: formatMoney(payload.amount_due_cents, payload.currency) },
        ]}
      />
      <Action href={`${context.siteUrl}/invoices/${encodeURIComponent(payload.invoice_number)}`}>
        View the invoice
      </Action>
      <Note>
        How satisfied are you with your free month?{" "}
        <NoteLink href={`${context.siteUrl}/survey/${encodeURIComponent(payload.invoice_number)}`}>
          Answer one question
        </NoteLink>
        .
      </Note>
    </MailLayout>
  );
}

/** A free month given by our team. */
export function RewardGrantedMail({ payload, context }: MailProps<Payload<"reward_granted">>) {
  const date = validUntil(payload, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview="It is used by itself on the invoice of your next whole month."
      heading="A free month as goodwill"
      why={WHY_GIVEN}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>Our team has given you a free month as goodwill. It takes no friends.</Paragraph>
      <Quote label="Reason">{payload.reason}</Quote>
      <Facts
        facts={[
          { label: "Goodwill", value: "1 free month" },
          ...worthFacts(payload),
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
  const date = validUntil(payload, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={`It can be used on an invoice issued until ${date}.`}
      heading={`Your free month is valid until ${date}`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        You have a free month that has not been used yet. It is used by itself on the invoice of
        your next whole month, or on your last one before it expires.
      </Paragraph>
      <Facts facts={[...worthFacts(payload), { label: "Valid until", value: date }]} />
      <Action href={`${context.siteUrl}/dashboard`}>See your rewards</Action>
    </MailLayout>
  );
}

/** A free month expired unused. */
export function RewardExpiredMail({ payload, context }: MailProps<Payload<"reward_expired">>) {
  const date = validUntil(payload, context.timeZone);
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
