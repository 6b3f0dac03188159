import { formatDate } from "@/lib/dates";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Paragraph } from "./layout";

const WHY = "You get this mail because somebody used your referral code.";

/** A friend does not count. Says nothing about what was looked at, and how to ask a person. */
export function ReferralRejectedMail({
  payload,
  context,
}: MailProps<Payload<"referral_rejected">>) {
  const { friend } = payload;
  return (
    <MailLayout
      context={context}
      preview="You can ask a person to look at it again."
      heading={`${friend} does not count towards a free month`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We looked at this referral and found that it does not count under the rules of the
        programme. {friend}’s order and service stay as they are, and your other friends are not
        affected.
      </Paragraph>
      <Paragraph>
        If you think that this is wrong, tell us why. Somebody else than the person who decided
        looks at it.
      </Paragraph>
      <Facts
        facts={[{ label: "You can ask until", value: formatDate(payload.ask_until, "UTC") }]}
      />
      <Action href={`${context.siteUrl}/appeal/${payload.referral_id}`}>Ask a person</Action>
    </MailLayout>
  );
}

/** We have the question, and answer by a day. */
export function AppealReceivedMail({ payload, context }: MailProps<Payload<"appeal_received">>) {
  return (
    <MailLayout
      context={context}
      preview={`We answer by ${formatDate(payload.due_on, "UTC")}.`}
      heading="We look at it again"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        You asked us to look at the referral of {payload.friend} again. Somebody who was not part of
        the first decision does, and we write to you with the outcome.
      </Paragraph>
      <Facts facts={[{ label: "Answer by", value: formatDate(payload.due_on, "UTC") }]} />
      <Action href={`${context.siteUrl}/dashboard`}>See your referrals</Action>
    </MailLayout>
  );
}

/** The outcome. */
export function AppealDecidedMail({ payload, context }: MailProps<Payload<"appeal_decided">>) {
  const { friend, outcome } = payload;
  const isUpheld = outcome === "upheld";
  return (
    <MailLayout
      context={context}
      preview={isUpheld ? "Your dashboard shows where they stand." : "The first decision stays."}
      heading={isUpheld ? `${friend} counts like your other friends` : `${friend} does not count`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {isUpheld
          ? `Somebody else looked at it, and you were right. ${friend} is among your friends again, as if nothing had happened.`
          : `Somebody else looked at it, and came to the same result. ${friend} does not count towards a free month. Your other friends are not affected.`}
      </Paragraph>
      <Action href={`${context.siteUrl}/dashboard`}>See your referrals</Action>
    </MailLayout>
  );
}
