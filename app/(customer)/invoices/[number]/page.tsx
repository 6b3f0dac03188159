import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { WaitingApprovals } from "@/components/admin/approvals/waiting-approvals";
import { CreditInvoice } from "@/components/admin/billing/invoices/credit-invoice";
import { RecordPayment } from "@/components/admin/billing/payments/record-payment";
import { ReversePayment } from "@/components/admin/billing/payments/reverse-payment";
import { InvoiceSheet } from "@/components/invoices/invoice-sheet";
import { PrintButton } from "@/components/invoices/print-button";
import { PageHeader } from "@/components/ui/page-header";
import { DOCUMENT_NUMBER, type InvoiceDocument } from "@/lib/billing/invoice-document";
import { systemClock } from "@/lib/clock";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { localDate } from "@/lib/dates";
import { AppError } from "@/lib/errors";
import { unusedDaysCredit } from "@/lib/invoicing/credit-note";
import { textsIn } from "@/lib/language/catalogue";

type InvoicePageProps = { params: Promise<{ number: string }> };

/** The invoice, read with the reader's rights. Null for wrong numbers and those of other people. */
const readInvoice = cache(async (number: string): Promise<InvoiceDocument | null> => {
  const page = await getPageSession();
  if (!page || !DOCUMENT_NUMBER.test(number)) return null;
  try {
    return await page.services.invoices.getInvoice(number);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
});

/** The charge for days after the service ended, less earlier credits. In cents. */
function unusedCents(invoice: InvoiceDocument): number {
  if (!invoice.service_ended_on) return 0;
  const unused = unusedDaysCredit(
    invoice.line_items,
    invoice.service_ended_on,
    invoice.total_cents - invoice.amount_due_cents,
  );
  return Math.max(unused - invoice.credited_cents, 0);
}

export async function generateMetadata({ params }: InvoicePageProps): Promise<Metadata> {
  const invoice = await readInvoice((await params).number);
  const t = await pageTexts("statement");
  return {
    title: invoice
      ? t("document.invoiceTitle", { number: invoice.invoice_number })
      : t("missing.invoiceTitle"),
  };
}

export default async function InvoicePage({ params }: InvoicePageProps) {
  const { number } = await params;
  const page = await getPageSession();
  if (!page) {
    redirect(`/sign-in?next=${encodeURIComponent(`/invoices/${encodeURIComponent(number)}`)}`);
  }
  const invoice = await readInvoice(number);
  if (!invoice) notFound();

  const { customer, admin, time_zone: timeZone } = page.session;
  const isOwn = customer?.id === invoice.customer_id;
  // The team reads English.
  const t = isOwn ? await pageTexts("statement") : textsIn("en", "statement");
  const canRecord = !isOwn && Boolean(admin?.permissions.includes("billing:manage_invoices"));
  const account = canRecord
    ? await page.services.admin.billing.getAccount(invoice.customer_id, { limit: 1 })
    : null;
  const waiting = canRecord
    ? await page.services.admin.approvals.listWaiting(invoice.customer_id)
    : null;
  const canCredit = canRecord && invoice.credited_cents < invoice.amount_due_cents;
  return (
    <div className="mx-auto max-w-3xl">
      <div data-print="hidden">
        <PageHeader
          title={invoice.invoice_number}
          back={
            isOwn
              ? { href: "/invoices", label: t("title") }
              : { href: `/admin/customers/${invoice.customer_id}/account`, label: "Customer" }
          }
          actions={
            <>
              {account ? (
                <RecordPayment
                  invoices={[invoice]}
                  account={account}
                  today={localDate(systemClock(), timeZone)}
                />
              ) : null}
              {canCredit ? (
                <CreditInvoice invoice={invoice} unusedCents={unusedCents(invoice)} />
              ) : null}
              <PrintButton label={t("document.print")} />
            </>
          }
        />
      </div>
      {waiting ? (
        <WaitingApprovals
          approvals={waiting.approvals.filter(
            ({ intent }) => intent.invoice_number === invoice.invoice_number,
          )}
          currency={waiting.currency}
          timeZone={timeZone}
          className="mb-6"
        />
      ) : null}
      <InvoiceSheet
        invoice={invoice}
        timeZone={timeZone}
        now={systemClock().toISOString()}
        isOwn={isOwn}
        actionOf={
          canRecord
            ? (payment) => (
                <ReversePayment
                  payment={payment}
                  invoiceNumber={invoice.invoice_number}
                  currency={invoice.currency}
                />
              )
            : undefined
        }
      />
    </div>
  );
}
