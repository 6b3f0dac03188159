import type { ReactNode } from "react";
import { StatusBadge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { Notice } from "@/components/ui/notice";
import { DateText, Money } from "@/components/ui/text";
import type { InvoiceDocument } from "@/lib/billing/invoice-document";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";
import { invoiceStatus } from "./invoice-status";

export type InvoiceSheetProps = {
  invoice: InvoiceDocument;
  /** IANA zone in which dates are shown. */
  timeZone: string;
  /** ISO instant that decides whether it is overdue. */
  now: string;
  /** Read by its owner, not by an admin. */
  isOwn: boolean;
};

/** A rate in basis points as people write it: 1500 is "15%", 1550 is "15.5%". */
const percent = (bps: number): string => `${bps / 100}%`;

function buyerLines(buyer: InvoiceDocument["buyer"]): string[] {
  if (buyer.erased) return ["Personal details were erased on request"];
  const { address } = buyer;
  return [
    buyer.name,
    address?.line1,
    address?.line2,
    address?.suburb,
    [address?.city, address?.postal_code].filter(Boolean).join(" "),
    buyer.email,
  ].filter((line): line is string => Boolean(line));
}

function Party({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0 text-sm">
      <h2 className="text-text-muted">{title}</h2>
      <div className="wrap-anywhere mt-1 leading-6">{children}</div>
    </div>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="text-sm">
      <dt className="text-text-muted">{label}</dt>
      <dd className="mt-1">{children}</dd>
    </div>
  );
}

const cellClass = "py-3 text-end align-top";
/** On phones the amounts without VAT stand below the description instead. */
const wideCell = cn(cellClass, "hidden pl-4 sm:table-cell print:table-cell");

function Lines({ invoice }: { invoice: InvoiceDocument }) {
  const { currency } = invoice;
  return (
    <table className="w-full border-collapse text-sm">
      <caption className="sr-only">What this invoice charges</caption>
      <thead>
        <tr className="border-b text-text-muted">
          <th scope="col" className="py-2 text-start font-normal">
            Description
          </th>
          <th scope="col" className={cn(wideCell, "py-2 font-normal")}>
            Quantity
          </th>
          <th scope="col" className={cn(wideCell, "py-2 font-normal")}>
            Excl. VAT
          </th>
          <th scope="col" className={cn(wideCell, "py-2 font-normal")}>
            VAT
          </th>
          <th scope="col" className={cn(cellClass, "py-2 pl-4 font-normal")}>
            Incl. VAT
          </th>
        </tr>
      </thead>
      <tbody>
        {invoice.line_items.map((line) => (
          <tr key={`${line.kind} ${line.description}`} className="break-inside-avoid border-b">
            <th scope="row" className="wrap-anywhere py-3 text-start align-top font-normal">
              {line.description}
              <span className="mt-0.5 block text-text-muted text-xs sm:hidden print:hidden">
                <span className="block">
                  {line.quantity} × <Money cents={line.unit_cents} currency={currency} />
                </span>
                <span className="block">
                  <Money cents={line.amount_cents - line.vat_cents} currency={currency} /> plus VAT{" "}
                  <Money cents={line.vat_cents} currency={currency} />
                </span>
              </span>
            </th>
            <td className={wideCell}>{line.quantity}</td>
            <td className={wideCell}>
              <Money cents={line.amount_cents - line.vat_cents} currency={currency} />
            </td>
            <td className={wideCell}>
              <Money cents={line.vat_cents} currency={currency} />
            </td>
            <td className={cn(cellClass, "pl-4")}>
              <Money cents={line.amount_cents} currency={currency} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Total({ label, children, strong }: { label: string; children: ReactNode; strong?: true }) {
  return (
    <div
      className={cn(
        "flex items-baseline justify-between gap-6 py-1.5",
        strong && "mt-2 border-t pt-4 font-semibold text-base",
      )}
    >
      <dt className={strong ? undefined : "text-text-muted"}>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The tax invoice as a sheet: on the screen and on paper. */
export function InvoiceSheet({ invoice, timeZone, now, isOwn }: InvoiceSheetProps) {
  const { seller, currency } = invoice;
  const lastDay = dateOfDayNumber(dayNumber(invoice.period_end) - 1);
  const isCapped = invoice.is_free_month && invoice.amount_due_cents > 0;
  return (
    <article
      aria-label={`Tax invoice ${invoice.invoice_number}`}
      className="rounded-card border border-border bg-surface-raised p-4 sm:p-10 print:border-0 print:p-0"
    >
      <div className="flex flex-wrap items-start justify-between gap-4">
        <p className="font-semibold text-xl tracking-tight">Tax invoice</p>
        <StatusBadge kind="invoice" status={invoiceStatus(invoice, now, timeZone)} />
      </div>

      <div className="mt-8 grid gap-6 sm:grid-cols-2 print:grid-cols-2">
        <Party title="From">
          <p className="font-medium">{seller.name}</p>
          {seller.address.map((line) => (
            <p key={line}>{line}</p>
          ))}
          <p className="mt-2">VAT number {seller.vat_number}</p>
          {seller.registration_number ? <p>Registration {seller.registration_number}</p> : null}
        </Party>
        <Party title="To">
          {buyerLines(invoice.buyer).map((line, index) => (
            <p key={line} className={index === 0 ? "font-medium" : undefined}>
              {line}
            </p>
          ))}
        </Party>
      </div>

      <dl className="mt-8 grid grid-cols-2 gap-x-4 gap-y-6 border-y py-4 sm:grid-cols-4 print:grid-cols-4">
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
      </dl>

      <div className="mt-6">
        <Lines invoice={invoice} />
      </div>

      <dl className="mt-4 ml-auto w-full max-w-xs break-inside-avoid text-sm">
        <Total label="Subtotal, excluding VAT">
          <Money cents={invoice.subtotal_cents} currency={currency} />
        </Total>
        <Total label={`VAT ${percent(invoice.vat_bps)}`}>
          <Money cents={invoice.vat_cents} currency={currency} />
        </Total>
        <Total label="Total, including VAT">
          <Money cents={invoice.total_cents} currency={currency} />
        </Total>
        <Total label="Amount due" strong>
          <Money cents={invoice.amount_due_cents} currency={currency} />
        </Total>
      </dl>

      {invoice.is_free_month ? (
        <Notice
          tone="positive"
          className="mt-8 break-inside-avoid print:px-0"
          title={isCapped ? "A free month was used" : "This month is free"}
        >
          {isOwn ? "One of your free months took " : "A free month of the referral programme took "}
          <Money cents={invoice.amount_waived_cents} currency={currency} /> off this invoice
          {isCapped ? ", the most that one free month is worth" : ""}.
        </Notice>
      ) : null}
    </article>
  );
}
