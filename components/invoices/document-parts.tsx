import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import { Money } from "@/components/ui/text";
import type { Buyer, Seller } from "@/lib/billing/invoice-document";
import { LineText } from "./line-text";

/** The parts that tax invoices and credit notes share. */

/** A rate in basis points as a percentage: 1500 is "15%", 1550 is "15.5%". */
export const percent = (bps: number): string => `${bps / 100}%`;

const addressLines = (address: Buyer["address"]): string[] =>
  [
    address?.line1,
    address?.line2,
    address?.suburb,
    [address?.city, address?.postal_code].filter(Boolean).join(" "),
  ].filter((line): line is string => Boolean(line));

function buyerLines(buyer: Buyer): string[] {
  if (buyer.erased) return ["Personal details were erased on request"];
  return [buyer.name, ...addressLines(buyer.address), buyer.email].filter((line): line is string =>
    Boolean(line),
  );
}

/** The frame of a document: a card on the screen, the whole page on paper. */
export function Sheet({ label, children }: { label: string; children: ReactNode }) {
  return (
    <article
      // Documents are issued in English, whatever the language of the page around them.
      lang="en-ZA"
      aria-label={label}
      className="rounded-card border border-border bg-surface-raised p-4 sm:p-10 print:border-0 print:p-0"
    >
      {children}
    </article>
  );
}

function Party({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0 text-sm">
      <h2 className="text-text-muted">{title}</h2>
      <div className="wrap-anywhere mt-1 leading-6">{children}</div>
    </div>
  );
}

/** Who issued the document, and for whom. */
export function Parties({ seller, buyer }: { seller: Seller; buyer: Buyer }) {
  return (
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
        {buyerLines(buyer).map((line, index) => (
          <p key={line} className={index === 0 ? "font-medium" : undefined}>
            {line}
          </p>
        ))}
        {buyer.vat_number ? <p className="mt-2">VAT number {buyer.vat_number}</p> : null}
        {buyer.site ? (
          <>
            <h3 className="mt-2 text-text-muted">Service at</h3>
            {addressLines(buyer.site).map((line) => (
              <p key={line}>
                <bdi>{line}</bdi>
              </p>
            ))}
          </>
        ) : null}
      </Party>
    </div>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="mt-8 grid grid-cols-2 gap-x-4 gap-y-6 border-y py-4 sm:grid-cols-4 print:grid-cols-4">
      {children}
    </dl>
  );
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="text-sm">
      <dt className="text-text-muted">{label}</dt>
      <dd className="mt-1">{children}</dd>
    </div>
  );
}

/** Amounts in cents, VAT included. */
type DocumentLine = {
  kind: string;
  description: string;
  quantity: number;
  unit_cents: number;
  amount_cents: number;
  vat_cents: number;
};

const cellClass = "py-3 text-end align-top";
/** On phones these amounts are below the description instead. */
const wideCell = cn(cellClass, "hidden whitespace-nowrap pl-4 sm:table-cell print:table-cell");

export type LinesProps = {
  lines: readonly DocumentLine[];
  /** ISO 4217. */
  currency: string;
  /** What the table lists, for screen readers. */
  caption: string;
};

export function Lines({ lines, currency, caption }: LinesProps) {
  return (
    <table className="mt-6 w-full border-collapse text-sm">
      <caption className="sr-only">{caption}</caption>
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
          <th scope="col" className={cn(cellClass, "whitespace-nowrap py-2 pl-4 font-normal")}>
            Incl. VAT
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={`${line.kind} ${line.description}`} className="break-inside-avoid border-b">
            <th scope="row" className="wrap-anywhere py-3 text-start align-top font-normal">
              <LineText value={line.description} />
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

export function Totals({ children }: { children: ReactNode }) {
  return <dl className="mt-4 ml-auto w-full max-w-xs break-inside-avoid text-sm">{children}</dl>;
}

export type TotalProps = {
  label: string;
  cents: number;
  /** ISO 4217. */
  currency: string;
  strong?: true;
};

export function Total({ label, cents, currency, strong }: TotalProps) {
  return (
    <div
      className={cn(
        "flex items-baseline justify-between gap-6 py-1.5",
        strong && "mt-2 border-t pt-4 font-semibold text-base",
      )}
    >
      <dt className={strong ? undefined : "text-text-muted"}>{label}</dt>
      <dd>
        <Money cents={cents} currency={currency} />
      </dd>
    </div>
  );
}
