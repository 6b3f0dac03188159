import { formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Paragraph } from "./layout";

const WHY = "You get this mail because you have a service with us.";

/** A service was suspended. */
export function ServiceSuspendedMail({
  payload,
  context,
}: MailProps<Payload<"service_suspended">>) {
  const day = formatDate(payload.on, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={`${payload.package_name} is suspended since ${day}.`}
      heading="Your service is suspended"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We suspended your service. Invoices that we issue from now on leave out the days on which it
        is suspended.
      </Paragraph>
      <Facts
        facts={[
          { label: "Service", value: payload.package_name },
          { label: "Suspended since", value: day },
        ]}
      />
      <Paragraph>
        {payload.is_overdue
          ? "An invoice of yours is overdue. Your account shows which, and how to pay it."
          : `To have it switched on again, write to ${context.supportEmail}.`}
      </Paragraph>
      <Action href={`${context.siteUrl}/invoices`}>View your account</Action>
    </MailLayout>
  );
}

/** A suspended service works again. */
export function ServiceReactivatedMail({
  payload,
  context,
}: MailProps<Payload<"service_reactivated">>) {
  const day = formatDate(payload.on, context.timeZone);
  return (
    <MailLayout
      context={context}
      preview={`${payload.package_name} works again since ${day}.`}
      heading="Your service works again"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We switched your service on again. Invoices that we issue from now on leave out the days on
        which it was suspended.
      </Paragraph>
      <Facts
        facts={[
          { label: "Service", value: payload.package_name },
          { label: "Active again since", value: day },
        ]}
      />
      <Action href={`${context.siteUrl}/dashboard`}>Open your dashboard</Action>
    </MailLayout>
  );
}

type Change = Payload<"service_package_changed">;

const isSamePackage = ({ from_package, to_package }: Change) => from_package === to_package;

/** The subject of a change: the package, or the price alone. */
export const packageSubject = (change: Change): string =>
  isSamePackage(change)
    ? `The price of ${change.to_package} changes`
    : `Your package changes to ${change.to_package}`;

/** Another package or another price. */
export function PackageChangedMail({ payload, context }: MailProps<Change>) {
  const { from_package, from_price_cents, to_package, to_price_cents, currency } = payload;
  const day = formatDate(payload.effective_on, context.timeZone);
  const perMonth = (cents: number) => `${formatMoney(cents, currency)} per month`;
  return (
    <MailLayout
      context={context}
      preview={`${perMonth(to_price_cents)} from ${day}.`}
      heading={packageSubject(payload)}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        From {day} on you have {to_package} for {perMonth(to_price_cents)}, including VAT. Until
        then each day counts at the price that you had.
      </Paragraph>
      <Facts
        facts={[
          ...(isSamePackage(payload) ? [] : [{ label: "Package before", value: from_package }]),
          { label: "Price before", value: perMonth(from_price_cents) },
          { label: "Package", value: to_package },
          { label: "Price", value: perMonth(to_price_cents) },
          { label: "From", value: day },
        ]}
      />
      <Paragraph>
        Did you not ask for this? Write to {context.supportEmail}, and we will look at it.
      </Paragraph>
      <Action href={`${context.siteUrl}/dashboard`}>See your service</Action>
    </MailLayout>
  );
}
