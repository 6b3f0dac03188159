import { ReceiptText } from "lucide-react";
import { invoiceStatus } from "@/components/invoices/invoice-status";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { InvoiceSummary } from "@/lib/account/schemas";
import { dateOfDayNumber, dayNumber } from "@/lib/dates";
import { dateRangeIn } from "@/lib/language/dates";
import type { Texts } from "@/lib/language/translator";

export type RecentInvoicesProps = {
  invoices: readonly InvoiceSummary[];
  /** IANA zone in which dates are shown. */
  timeZone: string;
  /** ISO instant that decides what is overdue. */
  now: string;
  t: Texts<"account">;
  statement: Texts<"statement">;
};

function InvoiceRow({
  invoice,
  timeZone,
  now,
  t,
  statement,
}: {
  invoice: InvoiceSummary;
  timeZone: string;
  now: string;
  t: Texts<"account">;
  statement: Texts<"statement">;
}) {
  const status = invoiceStatus(invoice, now, timeZone);
  const lastDay = dateOfDayNumber(dayNumber(invoice.period_end) - 1);
  return (
    <li className="flex items-center justify-between gap-4 px-4 py-4 sm:px-6">
      <div className="min-w-0 flex-1">
        <TextLink
          href={`/invoices/${encodeURIComponent(invoice.invoice_number)}`}
          quiet
          className="text-sm"
        >
          {invoice.invoice_number}
        </TextLink>
        <p className="mt-1 text-sm text-text-muted">
          {dateRangeIn(t, invoice.period_start, lastDay)}
        </p>
      </div>
      <div className="flex flex-col-reverse items-end gap-1 sm:flex-row sm:items-center sm:gap-4">
        {status === "due" || status === "part_paid" || status === "overdue" ? (
          <span className="hidden text-sm text-text-muted sm:inline">
            {t.rich("invoices.due", {
              date: () => <DateText texts={t} value={invoice.due_on} timeZone={timeZone} />,
            })}
          </span>
        ) : null}
        {status === "free" ? (
          <span className="hidden text-sm text-text-muted sm:inline">
            {t.rich("invoices.waived", {
              amount: () => (
                <Money cents={invoice.amount_waived_cents} currency={invoice.currency} />
              ),
            })}
          </span>
        ) : null}
        {invoice.credited_cents > 0 ? (
          <span className="hidden text-sm text-text-muted sm:inline">
            {t.rich("invoices.credited", {
              amount: () => <Money cents={invoice.credited_cents} currency={invoice.currency} />,
            })}
          </span>
        ) : null}
        <StatusBadge kind="invoice" status={status} label={statement(`status.${status}`)} />
        <Money
          cents={
            invoice.is_paid
              ? invoice.amount_due_cents - invoice.credited_cents
              : invoice.outstanding_cents
          }
          currency={invoice.currency}
          className="min-w-20 text-end font-medium text-sm"
        />
      </div>
    </li>
  );
}

/** The latest invoices, each with a link to the tax invoice. */
export function RecentInvoices({ invoices, timeZone, now, t, statement }: RecentInvoicesProps) {
  return (
    <Card padding="flush" aria-labelledby="invoices-title">
      <CardHeader title={t("invoices.title")} titleId="invoices-title" divided />
      {invoices.length === 0 ? (
        <EmptyState title={t("invoices.none")} icon={<ReceiptText />}>
          {t("invoices.noneText")}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-border">
          {invoices.map((invoice) => (
            <InvoiceRow
              key={invoice.invoice_number}
              invoice={invoice}
              timeZone={timeZone}
              now={now}
              t={t}
              statement={statement}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}
