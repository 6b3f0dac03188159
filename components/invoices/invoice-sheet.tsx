import type { ReactNode } from "react";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { DateText, Money } from "@/components/ui/text";
import type { InvoiceDocument } from "@/lib/billing/invoice-document";
import { METHOD_LABELS } from "@/lib/billing/payment-schemas";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { Fact, Facts, Lines, Parties, percent, Sheet, Total, Totals } from "./document-parts";
import { invoiceNotes } from "./invoice-notes";
import { invoiceStatus } from "./invoice-status";

export type InvoiceSheetProps = {
  invoice: InvoiceDocument;
  /** IANA zone in which dates are shown. */
  timeZone: string;
  /** ISO instant that decides whether it is overdue. */
  now: string;
  /** The reader is the customer, not an admin. */
  isOwn: boolean;
  /** What an admin can do with a payment; not printed. */
  actionOf?: (payment: InvoiceDocument["payments"][number]) => ReactNode;
};

/** One thing that settled a part of the invoice. */
function SettledLine({
  children,
  cents,
  currency,
  action,
}: {
  children: ReactNode;
  cents: number;
  currency: string;
  action?: ReactNode;
}) {
  return (
    <li className="flex items-baseline justify-between gap-4 py-3">
      <div className="wrap-anywhere min-w-0">
        {children}
        {action ? (
          <div data-print="hidden" className="-ms-3 pt-1">
            {action}
          </div>
        ) : null}
      </div>
      <Money cents={-cents} currency={currency} className="shrink-0" />
    </li>
  );
}

/** What was credited and paid since, and what is payable. The invoice itself stays as it was issued. */
function Settlement({
  invoice,
  timeZone,
  actionOf,
}: Pick<InvoiceSheetProps, "invoice" | "timeZone" | "actionOf">) {
  const { currency, credit_notes, payments, from_account_cents, outstanding_cents } = invoice;
  if (credit_notes.length + payments.length === 0 && from_account_cents === 0) return null;
  const surplus =
    invoice.paid_cents + invoice.credited_cents - Math.max(invoice.amount_due_cents, 0);
  return (
    <section aria-labelledby="settled-title" className="mt-8 break-inside-avoid text-sm">
      <h2 id="settled-title" className="font-medium">
        Paid and credited since
      </h2>
      <ul className="mt-2 divide-y divide-border border-y">
        {credit_notes.map((note) => (
          <SettledLine key={note.credit_note_number} cents={note.total_cents} currency={currency}>
            <TextLink href={`/credit-notes/${encodeURIComponent(note.credit_note_number)}`}>
              Credit note {note.credit_note_number}
            </TextLink>{" "}
            <span className="whitespace-nowrap text-text-muted">
              of <DateText value={note.issued_at} timeZone={timeZone} />
            </span>
          </SettledLine>
        ))}
        {payments.map((payment) => (
          <SettledLine
            key={payment.id}
            cents={payment.amount_cents}
            currency={currency}
            action={actionOf?.(payment)}
          >
            <span>{METHOD_LABELS[payment.method]}</span>{" "}
            <span className="whitespace-nowrap text-text-muted">
              on <DateText value={payment.paid_on} timeZone={timeZone} />
            </span>
            {payment.reference ? (
              <bdi className="block text-text-muted text-xs">{payment.reference}</bdi>
            ) : null}
          </SettledLine>
        ))}
        {from_account_cents > 0 ? (
          <SettledLine cents={from_account_cents} currency={currency}>
            From the account's credit
          </SettledLine>
        ) : null}
      </ul>
      <Totals>
        {surplus > 0 ? (
          <Total label="Beyond this invoice, for the account" cents={surplus} currency={currency} />
        ) : null}
        <Total label="Payable" cents={outstanding_cents} currency={currency} strong />
      </Totals>
    </section>
  );
}

/** Where and under which reference to pay what is outstanding. */
function HowToPay({ invoice }: Pick<InvoiceSheetProps, "invoice">) {
  const lines = invoice.payment_instructions.split("\n").filter(Boolean);
  if (invoice.outstanding_cents === 0 || lines.length === 0) return null;
  return (
    <section aria-labelledby="how-to-pay-title" className="mt-8 break-inside-avoid text-sm">
      <h2 id="how-to-pay-title" className="font-medium">
        How to pay
      </h2>
      <div className="wrap-anywhere mt-2 leading-6">
        {lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
        <p>
          Reference: <span className="font-medium">{invoice.invoice_number}</span>
        </p>
      </div>
    </section>
  );
}

/** The VAT of an invoice by rate. More than one when the rate changed within its days. */
function vatByRate(invoice: InvoiceDocument): { vat_bps: number; vat_cents: number }[] {
  const rates = new Map<number, number>();
  for (const { vat_bps = invoice.vat_bps, vat_cents } of invoice.line_items) {
    rates.set(vat_bps, (rates.get(vat_bps) ?? 0) + vat_cents);
  }
  return [...rates].map(([vat_bps, vat_cents]) => ({ vat_bps, vat_cents }));
}

/** The tax invoice, for the screen and for paper. */
export function InvoiceSheet({ invoice, timeZone, now, isOwn, actionOf }: InvoiceSheetProps) {
  const { currency } = invoice;
  const lastDay = dateOfDayNumber(dayNumber(invoice.period_end) - 1);
  const notes = invoiceNotes(invoice, isOwn);
  return (
    <Sheet label={`Tax invoice ${invoice.invoice_number}`}>
      <div className="flex flex-wrap items-start justify-between gap-4">
        <p className="font-semibold text-xl tracking-tight">Tax invoice</p>
        <StatusBadge kind="invoice" status={invoiceStatus(invoice, now, timeZone)} />
      </div>

      <Parties seller={invoice.seller} buyer={invoice.buyer} />

      <Facts>
        <Fact label="Invoice number">
          <span className="wrap-anywhere">{invoice.invoice_number}</span>
        </Fact>
        <Fact label="Issued">
          <DateText value={invoice.issued_at} timeZone={timeZone} />
        </Fact>
        <Fact label="Period">{formatDateRange(invoice.period_start, lastDay)}</Fact>
        <Fact label="Due">
          {invoice.amount_due_cents === 0 ? (
            "Nothing to pay"
          ) : (
            <DateText value={invoice.due_on} timeZone={timeZone} />
          )}
        </Fact>
      </Facts>

      <Lines lines={invoice.line_items} currency={currency} caption="What this invoice charges" />

      <Totals>
        <Total label="Subtotal, excluding VAT" cents={invoice.subtotal_cents} currency={currency} />
        {vatByRate(invoice).map(({ vat_bps, vat_cents }) => (
          <Total
            key={vat_bps}
            label={`VAT ${percent(vat_bps)}`}
            cents={vat_cents}
            currency={currency}
          />
        ))}
        <Total label="Total, including VAT" cents={invoice.total_cents} currency={currency} />
        {invoice.reward_treatment === "consideration" && invoice.reward_description ? (
          <Total
            label={invoice.reward_description}
            cents={-invoice.amount_waived_cents}
            currency={currency}
          />
        ) : null}
        <Total label="Amount due" cents={invoice.amount_due_cents} currency={currency} strong />
      </Totals>

      {notes.length > 0 ? (
        <Notice
          tone={invoice.is_free_month ? "positive" : "info"}
          className="mt-8 break-inside-avoid print:px-0"
        >
          <ul className="space-y-1">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Notice>
      ) : null}

      <Settlement invoice={invoice} timeZone={timeZone} actionOf={actionOf} />
      <HowToPay invoice={invoice} />
    </Sheet>
  );
}
