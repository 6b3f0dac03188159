import { formatMoney } from "@/lib/money";
import { INVITER_SEES } from "@/lib/referrals/visibility";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Note, Paragraph } from "./layout";

type Order = Payload<"order_received">;

const facts = (payload: Order) => [
  { label: "Order number", value: payload.order_number },
  { label: "Package", value: payload.package_name },
  {
    label: "Per month, including VAT",
    value: formatMoney(payload.monthly_price_cents, payload.currency),
  },
];

/** What the person agreed to when they ordered with somebody's invitation. */
function Visibility({ inviter }: { inviter: Order["inviter"] }) {
  if (inviter === null) return null;
  return (
    <Note>
      You ordered with the invitation of {inviter === "" ? "a friend" : inviter}, who sees{" "}
      {INVITER_SEES}. Your price is the same. Your address, phone number and invoices are not shown
      to anybody.
    </Note>
  );
}

/** The order is in: what was ordered, and what happens next. */
export function OrderReceivedMail({ payload, context }: MailProps<Order>) {
  return (
    <MailLayout
      context={context}
      preview={`Order ${payload.order_number}: what happens next.`}
      heading="We have your order"
      why="You get this mail because somebody ordered with this e-mail address."
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        Thank you for your order. We call you to agree on a day that suits you, and a technician
        comes to your home. You pay nothing today: your first invoice covers the days from the day
        on which your service is active.
      </Paragraph>
      <Facts facts={facts(payload)} />
      {payload.referral === "not_applied" ? (
        <Paragraph>
          The referral code that you gave was not applied. Nothing changes for you: your price is
          the same.
        </Paragraph>
      ) : null}
      <Action href={`${context.siteUrl}/dashboard`}>See your order</Action>
      <Visibility inviter={payload.inviter} />
    </MailLayout>
  );
}

/** The service is active. */
export function ServiceActiveMail({ payload, context }: MailProps<Order>) {
  return (
    <MailLayout
      context={context}
      preview={`${payload.package_name} is connected.`}
      heading="Your service is active"
      why="You get this mail because you ordered a service with us."
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        Your connection works now. Your first invoice covers the days from its activation to the end
        of the month. Your invoices are on your dashboard.
      </Paragraph>
      <Facts facts={facts(payload)} />
      <Action href={`${context.siteUrl}/dashboard`}>Open your dashboard</Action>
      <Visibility inviter={payload.inviter} />
    </MailLayout>
  );
}

/** The area of somebody who waited for it can be connected. */
export function CoverageOpenedMail({ payload, context }: MailProps<Payload<"coverage_opened">>) {
  const { suburb, postal_code, package_slug, referral_code } = payload;
  const place = suburb === "" ? postal_code : `${suburb}, ${postal_code}`;
  const path =
    package_slug === null
      ? "/packages?"
      : `/order/account?package=${encodeURIComponent(package_slug)}&`;
  const query = referral_code === null ? "" : `ref=${encodeURIComponent(referral_code)}`;
  return (
    <MailLayout
      context={context}
      preview={`We can connect ${place} now.`}
      heading="We can connect your home now"
      why="You get this mail because you asked us to write to you when your area opens."
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        You asked us to tell you when we reach {place}. We do now. Ordering takes a few minutes, and
        you pay nothing on the day.
      </Paragraph>
      {referral_code === null ? null : (
        <Paragraph>
          The invitation that you came with is kept: the button brings it along.
        </Paragraph>
      )}
      <Action href={`${context.siteUrl}${(path + query).replace(/[?&]$/, "")}`}>
        Order your connection
      </Action>
      <Note>We have taken you off the list. You get no further mail about this.</Note>
    </MailLayout>
  );
}

/** Somebody whom the reader invited can be connected. */
export function FriendCoverageOpenedMail({
  payload,
  context,
}: MailProps<Payload<"friend_coverage_opened">>) {
  return (
    <MailLayout
      context={context}
      preview="Somebody you invited can be connected now."
      heading="Somebody you invited can be connected now"
      why="You get this mail because somebody opened your invitation and asked to be told."
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        Somebody who opened your invitation lives where we could not connect homes. Now we can, and
        we have written to them. Your invitation is kept for their order.
      </Paragraph>
      <Paragraph>
        Who it is they tell you themselves. A word from you may help them decide.
      </Paragraph>
      <Action href={`${context.siteUrl}/dashboard`}>Open your dashboard</Action>
    </MailLayout>
  );
}
