import { ReceiptText } from "lucide-react";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import { METHOD_LABELS, paymentMethodSchema } from "@/lib/billing/payment-schemas";
import type { AccountEntry, AccountPage, AccountSummary } from "@/lib/invoicing/account";

/** What the account says in one sentence, for the customer. */
function balanceWords({ balance_cents, overdue_cents }: AccountSummary): string {
  if (balance_cents < 0) return "This is your credit. It lowers what you pay on your next invoice.";
  if (balance_cents === 0) return "There is nothing to pay.";
  return overdue_cents > 0 ? "Some of it is overdue. Please pay it now." : "You owe this.";
}

/** What is owed, which invoices that is, and how to pay them. */
export function AccountBalance({ account }: { account: AccountSummary }) {
  const { balance_cents, overdue_cents, open_invoices, currency } = account;
  const lines = account.payment_instructions.split("\n").filter(Boolean);
  return (
    <Card aria-labelledby="balance-title">
      <h2 id="balance-title" className="text-sm text-text-muted">
        {balance_cents < 0 ? "Credit" : "Balance"}
      </h2>
      <p className="mt-1 font-semibold text-3xl tracking-tight">
        <Money cents={Math.abs(balance_cents)} currency={currency} />
      </p>
      <p className="mt-1 text-sm text-text-muted">{balanceWords(account)}</p>
      {overdue_cents > 0 ? (
        <p className="mt-2 text-negative text-sm">
          <Money cents={overdue_cents} currency={currency} /> is overdue.
        </p>
      ) : null}
      {open_invoices.length > 0 ? (
        <ul className="mt-4 divide-y divide-border border-y text-sm">
          {open_invoices.map((invoice) => (
            <li
              key={invoice.invoice_number}
              className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 py-3"
            >
              <span>
                <TextLink href={`/invoices/${encodeURIComponent(invoice.invoice_number)}`}>
                  {invoice.invoice_number}
                </TextLink>{" "}
                <span className={invoice.is_overdue ? "text-negative" : "text-text-muted"}>
                  {invoice.is_overdue ? "overdue since" : "due"}{" "}
                  <DateText value={invoice.due_on} timeZone="UTC" />
                </span>
              </span>
              <Money cents={invoice.outstanding_cents} currency={currency} />
            </li>
          ))}
        </ul>
      ) : null}
      {open_invoices.length > 0 && lines.length > 0 ? (
        <div className="mt-4 text-sm leading-6">
          <h3 className="font-medium">How to pay</h3>
          {lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
          <p>Use the invoice number as the reference.</p>
        </div>
      ) : null}
    </Card>
  );
}

function EntryTitle({ entry }: { entry: AccountEntry }) {
  const href = {
    invoice: `/invoices/${encodeURIComponent(entry.number)}`,
    credit_note: `/credit-notes/${encodeURIComponent(entry.number)}`,
    payment: `/invoices/${encodeURIComponent(entry.invoice_number)}`,
  }[entry.kind];
  const method = paymentMethodSchema.safeParse(entry.method);
  const title = {
    invoice: `Invoice ${entry.number}`,
    credit_note: `Credit note ${entry.number}`,
    payment: entry.reverses_payment_id
      ? "Payment taken back"
      : `Payment${method.success ? ` by ${METHOD_LABELS[method.data].toLowerCase()}` : ""}`,
  }[entry.kind];
  return (
    <>
      <TextLink href={href} quiet className="text-sm">
        {title}
      </TextLink>
      <p className="wrap-anywhere mt-1 text-sm text-text-muted">
        <DateText value={entry.on} timeZone="UTC" />
        {entry.kind === "payment" ? <span>{` · for ${entry.invoice_number}`}</span> : null}
        {entry.is_free_month ? <span> · free month</span> : null}
        {entry.is_reversed ? <span> · taken back later</span> : null}
        {entry.reference ? (
          <span>
            {" · "}
            <bdi>{entry.reference}</bdi>
          </span>
        ) : null}
        {entry.reason ? (
          <span>
            {" · "}
            <bdi>{entry.reason}</bdi>
          </span>
        ) : null}
      </p>
    </>
  );
}

/** Invoices, payments and credit notes, newest first, each with the balance after it. */
export function AccountEntries({ account }: { account: AccountPage }) {
  const { entries, currency } = account;
  return (
    <Card padding="flush" aria-labelledby="entries-title">
      <CardHeader title="Invoices, payments and credits" titleId="entries-title" divided />
      {entries.length === 0 ? (
        <EmptyState title="Nothing yet" icon={<ReceiptText />}>
          Your first invoice appears here at the start of a month, once your service is active.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-border">
          {entries.map((entry) => (
            <li key={entry.id} className="flex items-start justify-between gap-4 px-4 py-4 sm:px-6">
              <div className="min-w-0 flex-1">
                <EntryTitle entry={entry} />
              </div>
              <div className="shrink-0 text-end text-sm">
                <Money
                  cents={entry.kind === "invoice" ? entry.amount_cents : -entry.amount_cents}
                  currency={currency}
                  className="font-medium"
                />
                <p className="mt-1 text-text-muted">
                  Balance <Money cents={entry.balance_cents} currency={currency} />
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
