import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { InvoiceSheet } from "@/components/invoices/invoice-sheet";
import { PrintButton } from "@/components/invoices/print-button";
import { PageHeader } from "@/components/ui/page-header";
import { getPageSession } from "@/lib/access/page-session";
import type { InvoiceDocument } from "@/lib/billing/invoice-document";
import { InvoiceService } from "@/lib/billing/invoice-service";
import { systemClock } from "@/lib/clock";
import { AppError } from "@/lib/errors";

type InvoicePageProps = { params: Promise<{ number: string }> };

/** Digits, letters and hyphens: nothing else is an invoice number. */
const NUMBER = /^[A-Z0-9]{2,8}-\d{4}-\d{1,12}$/;

/** The invoice with the rights of the reader; a wrong number and somebody else's are alike. */
const readInvoice = cache(async (number: string): Promise<InvoiceDocument | null> => {
  const page = await getPageSession();
  if (!page || !NUMBER.test(number)) return null;
  try {
    return await new InvoiceService({ client: page.client }).getInvoice(number);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
});

export async function generateMetadata({ params }: InvoicePageProps): Promise<Metadata> {
  const invoice = await readInvoice((await params).number);
  return { title: invoice ? `Tax invoice ${invoice.invoice_number}` : "Invoice not found" };
}

export default async function InvoicePage({ params }: InvoicePageProps) {
  const { number } = await params;
  const page = await getPageSession();
  if (!page) {
    redirect(`/sign-in?next=${encodeURIComponent(`/invoices/${encodeURIComponent(number)}`)}`);
  }
  const invoice = await readInvoice(number);
  if (!invoice) notFound();

  const { customer, time_zone: timeZone } = page.session;
  const isOwn = customer?.id === invoice.customer_id;
  return (
    <div className="mx-auto max-w-3xl">
      <div data-print="hidden">
        <PageHeader
          title={invoice.invoice_number}
          back={
            isOwn
              ? { href: "/dashboard", label: "Dashboard" }
              : { href: `/admin/customers/${invoice.customer_id}/rewards`, label: "Customer" }
          }
          actions={<PrintButton />}
        />
      </div>
      <InvoiceSheet
        invoice={invoice}
        timeZone={timeZone}
        now={systemClock().toISOString()}
        isOwn={isOwn}
      />
    </div>
  );
}
