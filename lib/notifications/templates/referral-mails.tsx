import { formatDate } from "@/lib/dates";
import { plural } from "@/lib/words";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Paragraph, Steps } from "./layout";

const WHY = "You get this mail because somebody used your referral code.";

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
      <Steps done={1} />
      <Facts
        facts={[
          {
            label: "To become active",
            value: `within ${plural(payload.activation_window_days, "day")}`,
          },
          {
            label: "Counts after",
            value: `${plural(payload.qualifying_days, "day")} without interruption`,
          },
        ]}
      />
      <Action href={`${context.siteUrl}/dashboard`}>See your referrals</Action>
    </MailLayout>
  );
}

/** The friend's service is active, and the days are running. */
export function ReferralActivatedMail({
  payload,
  context,
}: MailProps<Payload<"referral_activated">>) {
  const { friend } = payload;
  const date = formatDate(payload.qualifies_at, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={`Counts towards your free month on ${date}.`}
      heading={`${friend}’s service is active`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {friend} is online. If the service stays active without interruption until {date}, it counts
        towards your free month.
      </Paragraph>
      <Steps done={2} />
      <Facts facts={[{ label: "Counts on", value: date }]} />
      <Action href={`${context.siteUrl}/dashboard`}>See your progress</Action>
    </MailLayout>
  );
}

/** The friend counts. */
export function ReferralQualifiedMail({
  payload,
  context,
}: MailProps<Payload<"referral_qualified">>) {
  const { friend } = payload;
  return (
    <MailLayout
      context={context}
      preview="Your dashboard shows how far the next free month is."
      heading={`${friend} now counts`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {friend} has been with us long enough to count towards your free month. Your dashboard shows
        whether another friend is needed.
      </Paragraph>
      <Steps done={3} />
      <Action href={`${context.siteUrl}/dashboard`}>See your progress</Action>
    </MailLayout>
  );
}
