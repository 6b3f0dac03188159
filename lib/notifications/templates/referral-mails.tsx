import { formatDate } from "@/lib/dates";
import { countingDay, replyText } from "@/lib/referrals/explain";
import { countOf, inWords } from "@/lib/words";
import type { Payload } from "../payloads";
import { explanationOf } from "../standing";
import { Action, Facts, Greeting, MailLayout, type MailProps, Paragraph, Steps } from "./layout";

const WHY = "You get this mail because somebody used your referral code.";

const paidToo = (required: number): string =>
  required === 0 ? "" : required === 1 ? " and a paid invoice" : ` and ${required} paid invoices`;

/** A friend ordered with the referrer's code. */
export function ReferralSignupMail({ payload, context }: MailProps<Payload<"referral_signup">>) {
  const { friend } = payload;
  return (
    <MailLayout
      context={context}
      preview="What happens next, and when it counts."
      heading={`${friend} ordered with your code`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        Thank you for the introduction. We are now arranging {friend}’s connection, and we will
        write again when it is active.
      </Paragraph>
      <Paragraph>{replyText(explanationOf(payload, context.timeZone))}</Paragraph>
      <Steps reached="ordered" paidInvoices={payload.paid_invoices_required} />
      <Facts
        facts={[
          {
            label: "To become active",
            value: `within ${countOf(payload.activation_window_days, "day")}`,
          },
          {
            label: "Counts after",
            value: `${countOf(payload.qualifying_days, "day")} of service${paidToo(payload.paid_invoices_required)}`,
          },
        ]}
      />
      <Action href={`${context.siteUrl}/dashboard`}>See your referrals</Action>
    </MailLayout>
  );
}

/** The day on which a friend's days of service are over, as people read it. */
export const daysEndOn = ({ facts }: Payload<"referral_activated">, timeZone: string): string =>
  formatDate(countingDay(facts.qualifies_at ?? "", timeZone), "UTC");

/** The friend's service is active, and the days are running. */
export function ReferralActivatedMail({
  payload,
  context,
}: MailProps<Payload<"referral_activated">>) {
  const { friend } = payload;
  const explanation = explanationOf(payload, context.timeZone);
  const date = daysEndOn(payload, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={explanation.text}
      heading={`${friend}’s service is active`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {friend} is online. {replyText(explanation)}
      </Paragraph>
      <Steps reached="active" paidInvoices={payload.facts.terms.paid_invoices_required} />
      <Facts facts={[{ label: "Days end on", value: date }]} />
      <Action href={`${context.siteUrl}/dashboard`}>See your progress</Action>
    </MailLayout>
  );
}

/** How many friends a free month still takes. */
function progressSentence({
  counted,
  required,
}: Payload<"referral_qualified">["progress"]): string {
  const missing = required - counted;
  return missing > 0
    ? `That is ${counted} of ${required}: ${inWords(missing)} more ${missing === 1 ? "friend" : "friends"}, and you have a free month.`
    : `That is ${counted} of ${required}, which makes a free month.`;
}

/** The friend counts. */
export function ReferralQualifiedMail({
  payload,
  context,
}: MailProps<Payload<"referral_qualified">>) {
  const { friend, progress } = payload;
  return (
    <MailLayout
      context={context}
      preview={progressSentence(progress)}
      heading={`${friend} now counts`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {friend} has done everything it takes to count. {progressSentence(progress)}
      </Paragraph>
      <Steps reached="counted" paidInvoices={payload.paid_invoices_required} />
      <Facts
        facts={[
          {
            label: "Towards your free month",
            value: `${progress.counted} of ${countOf(progress.required, "friend")}`,
          },
        ]}
      />
      <Action href={`${context.siteUrl}/dashboard`}>See your progress</Action>
    </MailLayout>
  );
}
