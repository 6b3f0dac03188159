import { formatMoney } from "@/lib/money";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Paragraph, Quote } from "./layout";

/** What a balance means to the customer, in a sentence. Amounts in cents. */
export function balanceSentence(cents: number, currency: string): string {
  if (cents > 0) return `${formatMoney(cents, currency)} is left to pay on your account.`;
  if (cents < 0) {
    return `${formatMoney(-cents, currency)} is your credit. It lowers what you pay on your next invoice.`;
  }
  return "There is nothing to pay on your account.";
}

/** A credit note was issued for an invoice. */
export function CreditNoteIssuedMail({
  payload,
  context,
}: MailProps<Payload<"credit_note_issued">>) {
  const { credit_note_number, invoice_number, total_cents, currency } = payload;
  const amount = formatMoney(total_cents, currency);
  return (
    <MailLayout
      context={context}
      preview={`${amount} of invoice ${invoice_number} is taken back.`}
      heading={`We credited ${amount}`}
      why="You get this mail because you are our customer."
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We issued credit note {credit_note_number}. It takes {amount} of invoice {invoice_number}{" "}
        back. {balanceSentence(payload.balance_cents, currency)}
      </Paragraph>
      <Quote label="Reason">{payload.reason}</Quote>
      <Facts
        facts={[
          { label: "Credit note", value: credit_note_number },
          { label: "Invoice", value: invoice_number },
          { label: "Credited", value: amount },
        ]}
      />
      <Action href={`${context.siteUrl}/credit-notes/${encodeURIComponent(credit_note_number)}`}>
        View the credit note
      </Action>
    </MailLayout>
  );
}
