import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { CreditNoteSheet } from "@/components/invoices/credit-note-sheet";
import { PrintButton } from "@/components/invoices/print-button";
import { PageHeader } from "@/components/ui/page-header";
import type { CreditNoteDocument } from "@/lib/billing/credit-note-document";
import { DOCUMENT_NUMBER } from "@/lib/billing/invoice-document";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { AppError } from "@/lib/errors";

type CreditNotePageProps = { params: Promise<{ number: string }> };

/** The credit note, read with the reader's rights. Null for wrong or other people's numbers. */
const readCreditNote = cache(async (number: string): Promise<CreditNoteDocument | null> => {
  const page = await getPageSession();
  if (!page || !DOCUMENT_NUMBER.test(number)) return null;
  try {
    return await page.services.creditNotes.getCreditNote(number);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
});

export async function generateMetadata({ params }: CreditNotePageProps): Promise<Metadata> {
  const note = await readCreditNote((await params).number);
  const t = await pageTexts("statement");
  return {
    title: note
      ? t("document.creditNoteTitle", { number: note.credit_note_number })
      : t("missing.creditNoteTitle"),
  };
}

export default async function CreditNotePage({ params }: CreditNotePageProps) {
  const { number } = await params;
  const page = await getPageSession();
  if (!page) {
    redirect(`/sign-in?next=${encodeURIComponent(`/credit-notes/${encodeURIComponent(number)}`)}`);
  }
  const note = await readCreditNote(number);
  if (!note) notFound();

  const { invoice_number } = note.invoice;
  const t = await pageTexts("statement");
  return (
    <div className="mx-auto max-w-3xl">
      <div data-print="hidden">
        <PageHeader
          title={note.credit_note_number}
          back={{
            href: `/invoices/${encodeURIComponent(invoice_number)}`,
            label: t("document.backToInvoice", { number: invoice_number }),
          }}
          actions={<PrintButton label={t("document.print")} />}
        />
      </div>
      <CreditNoteSheet note={note} timeZone={page.session.time_zone} />
    </div>
  );
}
