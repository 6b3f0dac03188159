import { TextLink } from "@/components/ui/button";
import { DateText } from "@/components/ui/text";
import type { CreditNoteDocument } from "@/lib/billing/credit-note-document";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { Fact, Facts, Lines, Parties, percent, Sheet, Total, Totals } from "./document-parts";

export type CreditNoteSheetProps = {
  note: CreditNoteDocument;
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

/** The credit note, for the screen and for paper. */
export function CreditNoteSheet({ note, timeZone }: CreditNoteSheetProps) {
  const { currency, invoice } = note;
  const lastDay = dateOfDayNumber(dayNumber(invoice.period_end) - 1);
  return (
    <Sheet label={`Credit note ${note.credit_note_number}`}>
      <p className="font-semibold text-xl tracking-tight">Credit note</p>

      <Parties seller={note.seller} buyer={note.buyer} />

      <Facts>
        <Fact label="Credit note number">
          <span className="wrap-anywhere">{note.credit_note_number}</span>
        </Fact>
        <Fact label="Issued">
          <DateText value={note.issued_at} timeZone={timeZone} />
        </Fact>
        <Fact label="Corrects tax invoice">
          <TextLink
            href={`/invoices/${encodeURIComponent(invoice.invoice_number)}`}
            className="wrap-anywhere"
          >
            {invoice.invoice_number}
          </TextLink>
          <span className="block text-text-muted">
            of <DateText value={invoice.issued_at} timeZone={timeZone} />
          </span>
        </Fact>
        <Fact label="Period">{formatDateRange(invoice.period_start, lastDay)}</Fact>
      </Facts>

      <section aria-labelledby="credit-reason-title" className="mt-6 text-sm">
        <h2 id="credit-reason-title" className="text-text-muted">
          Reason
        </h2>
        <p className="wrap-anywhere mt-1 whitespace-pre-line">{note.reason}</p>
      </section>

      <Lines
        lines={note.line_items}
        currency={currency}
        caption="What this credit note takes back"
      />

      <Totals>
        <Total label="Credit, excluding VAT" cents={note.subtotal_cents} currency={currency} />
        <Total label={`VAT ${percent(note.vat_bps)}`} cents={note.vat_cents} currency={currency} />
        <Total label="Credit, including VAT" cents={note.total_cents} currency={currency} strong />
      </Totals>
    </Sheet>
  );
}
