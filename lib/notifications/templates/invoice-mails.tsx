import { formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import type { MailCharge, Payload } from "../payloads";
import { balanceSentence } from "./account-mails";
import {
  Action,
  type Fact,
  Facts,
  Greeting,
  MailLayout,
  type MailProps,
  Paragraph,
  Quote,
} from "./layout";
import { monthName } from "./wording";

const WHY = "You get this mail because you are our customer.";

type Issued = Payload<"invoice_issued">;
type Invoice = Issued["invoices"][number];

const daysOf = ({ days, days_in_period }: MailCharge): string =>
  `${days} of ${days_in_period} days`;
const isPart = ({ days, days_in_period }: MailCharge): boolean => days < days_in_period;

/** What changed from one invoice to the next, each as half a sentence. */
function differences(now: MailCharge, before: MailCharge, currency: string): string[] {
  const money = (cents: number) => formatMoney(cents, currency);
  const list: string[] = [];
  if (now.waived_cents > 0) list.push(`a free month takes ${money(now.waived_cents)} off`);
  if (before.waived_cents > 0) list.push("a free month lowered the last one");
  if (now.price_cents !== before.price_cents) {
    list.push(
      `the price is ${money(now.price_cents)} per month, it was ${money(before.price_cents)}`,
    );
  }
  if (isPart(now)) {
    list.push(
      now.was_suspended
        ? `it covers ${daysOf(now)}, because the service was suspended`
        : `it covers ${daysOf(now)}`,
    );
  }
  if (isPart(before)) list.push(`the last one covered ${daysOf(before)}`);
  if (now.completes_earlier) list.push("it includes days before this month");
  if (before.completes_earlier) list.push("the last one included days before its month");
  return list;
}

/** Why an invoice is what it is, compared with the one before it. */
function whyItDiffers({ charge, before, currency }: Invoice): string {
  if (before === null) {
    return isPart(charge)
      ? `It is the first for this service, and covers ${daysOf(charge)}.`
      : "It is the first for this service.";
  }
  if (charge.amount_due_cents === before.amount_due_cents) {
    return "It is the same amount as the last one.";
  }
  const amount = formatMoney(Math.abs(charge.amount_due_cents - before.amount_due_cents), currency);
  const change = `It is ${amount} ${charge.amount_due_cents > before.amount_due_cents ? "more" : "less"} than the last one`;
  const reasons = differences(charge, before, currency);
  return reasons.length === 0
    ? `${change}. The invoice shows each line.`
    : `${change}: ${reasons.join("; ")}.`;
}

const sum = (cents: readonly number[]): number => cents.reduce((all, one) => all + one, 0);

/** What is to pay for all invoices of a mail, in cents. */
const outstandingOf = ({ invoices }: Issued): number =>
  sum(invoices.map(({ outstanding_cents }) => outstanding_cents));

const invoiceUrl = (siteUrl: string, number: string) =>
  `${siteUrl}/invoices/${encodeURIComponent(number)}`;

/** One invoice is opened; of several there is a list. */
function InvoiceAction({ invoices, siteUrl }: { invoices: Issued["invoices"]; siteUrl: string }) {
  const [only, ...others] = invoices;
  return only && others.length === 0 ? (
    <Action href={invoiceUrl(siteUrl, only.invoice_number)}>View the invoice</Action>
  ) : (
    <Action href={`${siteUrl}/invoices`}>View your invoices</Action>
  );
}

function HowToPay({ text, numbers }: { text: string; numbers: readonly string[] }) {
  if (text === "") return null;
  return (
    <>
      <Quote label="How to pay">{text}</Quote>
      <Paragraph>
        Please give {numbers.length === 1 ? "the invoice number" : "the invoice numbers"} as
        reference: {numbers.join(", ")}.
      </Paragraph>
    </>
  );
}

/** The subject of new invoices: number and amount of one, the sum of several. */
export function invoiceSubject(payload: Issued): string {
  const [only, ...others] = payload.invoices;
  const amount = formatMoney(outstandingOf(payload), payload.currency);
  return only && others.length === 0
    ? `Invoice ${only.invoice_number} for ${monthName(only.period_start)}: ${amount}`
    : `${payload.invoices.length} new invoices: ${amount}`;
}

/** New invoices: how much, why, until when and how to pay. */
export function InvoiceIssuedMail({ payload, context }: MailProps<Issued>) {
  const { invoices, currency } = payload;
  const toPay = outstandingOf(payload);
  const isOne = invoices.length === 1;
  const money = (cents: number) => formatMoney(cents, currency);
  const facts = (invoice: Invoice): Fact[] => [
    { label: "Invoice", value: invoice.invoice_number },
    { label: "Month", value: monthName(invoice.period_start) },
    { label: "Service", value: invoice.package_name },
    ...(invoice.charge.waived_cents > 0
      ? [{ label: "Free month", value: money(-invoice.charge.waived_cents) }]
      : []),
    { label: "Amount due", value: money(invoice.charge.amount_due_cents) },
    ...(invoice.outstanding_cents !== invoice.charge.amount_due_cents
      ? [{ label: "Left to pay", value: money(invoice.outstanding_cents) }]
      : []),
    ...(invoice.outstanding_cents > 0
      ? [{ label: "Due by", value: formatDate(invoice.due_on, context.timeZone) }]
      : []),
  ];
  const firstDue = invoices
    .filter(({ outstanding_cents }) => outstanding_cents > 0)
    .map(({ due_on }) => due_on)
    .sort()[0];
  return (
    <MailLayout
      context={context}
      preview={
        firstDue
          ? `${money(toPay)} is due by ${formatDate(firstDue, context.timeZone)}.`
          : "There is nothing to pay."
      }
      heading={isOne ? "Your new invoice" : `You have ${invoices.length} new invoices`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      {toPay === 0 ? <Paragraph>There is nothing to pay.</Paragraph> : null}
      {invoices.map((invoice) => (
        <InvoicePart key={invoice.invoice_number} why={whyItDiffers(invoice)}>
          {facts(invoice)}
        </InvoicePart>
      ))}
      {toPay > 0 ? (
        <HowToPay
          text={payload.payment_instructions}
          numbers={invoices
            .filter(({ outstanding_cents }) => outstanding_cents > 0)
            .map(({ invoice_number }) => invoice_number)}
        />
      ) : null}
      <InvoiceAction invoices={invoices} siteUrl={context.siteUrl} />
    </MailLayout>
  );
}

function InvoicePart({ why, children }: { why: string; children: readonly Fact[] }) {
  return (
    <>
      <Facts facts={children} />
      <Paragraph>{why}</Paragraph>
    </>
  );
}

/** The subject of a reminder. */
export function overdueSubject(payload: Payload<"invoice_overdue">): string {
  const open = payload.invoices.filter(({ outstanding_cents }) => outstanding_cents > 0);
  const amount = formatMoney(outstandingOf(payload), payload.currency);
  const [only, ...others] = open;
  return only && others.length === 0
    ? `Reminder: invoice ${only.invoice_number} is overdue, ${amount}`
    : `Reminder: ${open.length} invoices are overdue, ${amount}`;
}

/** Invoices are past their due date. */
export function InvoiceOverdueMail({ payload, context }: MailProps<Payload<"invoice_overdue">>) {
  const open = payload.invoices.filter(({ outstanding_cents }) => outstanding_cents > 0);
  const isOne = open.length === 1;
  const amount = formatMoney(outstandingOf(payload), payload.currency);
  return (
    <MailLayout
      context={context}
      preview={`${amount} is overdue.`}
      heading={isOne ? "An invoice is overdue" : `${open.length} invoices are overdue`}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We have not received the payment for {isOne ? "this invoice" : "these invoices"} yet. If you
        have paid in the last days, you need do nothing.
      </Paragraph>
      {open.map((invoice) => (
        <Facts
          key={invoice.invoice_number}
          facts={[
            { label: "Invoice", value: invoice.invoice_number },
            { label: "Month", value: monthName(invoice.period_start) },
            { label: "Was due on", value: formatDate(invoice.due_on, context.timeZone) },
            {
              label: "Left to pay",
              value: formatMoney(invoice.outstanding_cents, invoice.currency),
            },
          ]}
        />
      ))}
      <HowToPay
        text={payload.payment_instructions}
        numbers={open.map(({ invoice_number }) => invoice_number)}
      />
      <InvoiceAction invoices={open} siteUrl={context.siteUrl} />
    </MailLayout>
  );
}

/** The subject of a receipt. */
export function paymentSubject({ payments, currency }: Payload<"payment_received">): string {
  const amount = formatMoney(sum(payments.map(({ amount_cents }) => amount_cents)), currency);
  const [only, ...others] = payments;
  return only && others.length === 0
    ? `We received ${amount} for invoice ${only.invoice_number}`
    : `We received ${amount} in ${payments.length} payments`;
}

/** Payments arrived. */
export function PaymentReceivedMail({ payload, context }: MailProps<Payload<"payment_received">>) {
  const { payments, currency, balance_cents } = payload;
  const money = (cents: number) => formatMoney(cents, currency);
  const isOne = payments.length === 1;
  return (
    <MailLayout
      context={context}
      preview={balanceSentence(balance_cents, currency)}
      heading={isOne ? "We received your payment" : "We received your payments"}
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>Thank you. {balanceSentence(balance_cents, currency)}</Paragraph>
      {payments.map((payment) => (
        <Facts
          key={`${payment.invoice_number} ${payment.paid_on} ${payment.amount_cents}`}
          facts={[
            { label: "Invoice", value: payment.invoice_number },
            { label: "Received on", value: formatDate(payment.paid_on, context.timeZone) },
            { label: "Amount", value: money(payment.amount_cents) },
          ]}
        />
      ))}
      <Action href={`${context.siteUrl}/invoices`}>View your account</Action>
    </MailLayout>
  );
}
