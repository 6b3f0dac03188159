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
