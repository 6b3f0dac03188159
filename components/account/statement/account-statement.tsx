import { ReceiptText } from "lucide-react";
import type { ReactNode } from "react";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, DocumentNumber, Money } from "@/components/ui/text";
import { paymentMethodSchema } from "@/lib/billing/payment-schemas";
import type { AccountEntry, AccountPage, AccountSummary } from "@/lib/invoicing/account";
import type { Texts } from "@/lib/language/translator";

type Words = Texts<"statement">;

/** What the account says in one sentence. */
function balanceWords(
  { balance_cents, overdue_cents }: AccountSummary,
  isOwn: boolean,
  t: Words,
): string {
  if (!isOwn) {
    if (balance_cents < 0) return "The customer's credit. It lowers their next invoice.";
    return balance_cents === 0 ? "Nothing is owed." : "The customer owes this.";
  }
  if (balance_cents < 0) return t("ownCredit");
  if (balance_cents === 0) return t("nothingToPay");
  return t(overdue_cents > 0 ? "payOverdue" : "owed");
}

/** How to pay, line by line. Nothing where the settings say nothing. */
export function HowToPay({ instructions, t }: { instructions: string; t: Words }) {
  const lines = instructions.split("\n").filter(Boolean);
  if (lines.length === 0) return null;
  return (
    <div className="wrap-anywhere text-sm leading-6">
      <h3 className="font-medium">{t("howToPay")}</h3>
      {lines.map((line) => (
        <p key={line}>
          <bdi>{line}</bdi>
        </p>
      ))}
      <p>{t("reference")}</p>
    </div>
  );
}

export type AccountBalanceProps = {
  account: AccountSummary;
  /** The reader is the customer, not an admin. */
  isOwn: boolean;
  actions?: ReactNode;
  t: Words;
};

/** What is owed, which invoices that is, and for the customer how to pay them. */
export function AccountBalance({ account, isOwn, actions, t }: AccountBalanceProps) {
  const { balance_cents, overdue_cents, open_invoices, currency } = account;
  return (
    <Card aria-labelledby="balance-title">
      <h2 id="balance-title" className="text-sm text-text-muted">
        {t(balance_cents < 0 ? "credit" : "balance")}
      </h2>
      <p className="mt-1 font-semibold text-3xl tracking-tight">
        <Money cents={Math.abs(balance_cents)} currency={currency} />
      </p>
      <p className="mt-1 text-sm text-text-muted">{balanceWords(account, isOwn, t)}</p>
      {overdue_cents > 0 ? (
        <p className="mt-2 text-negative text-sm">
          {t.rich("overdue", {
            amount: () => <Money cents={overdue_cents} currency={currency} />,
          })}
        </p>
      ) : null}
      {open_invoices.length > 0 ? (
        <ul className="mt-4 divide-y divide-border border-y text-sm">
          {open_invoices.map((invoice) => (
            <li
              key={invoice.invoice_number}
              className="flex items-baseline justify-between gap-4 py-3"
            >
              <span className="min-w-0">
                <TextLink href={`/invoices/${encodeURIComponent(invoice.invoice_number)}`}>
                  {invoice.invoice_number}
                </TextLink>
                <span
                  className={`block pt-1 ${invoice.is_overdue ? "text-negative" : "text-text-muted"}`}
                >
                  {t.rich(invoice.is_overdue ? "overdueSince" : "due", {
                    date: () => <DateText texts={t} value={invoice.due_on} timeZone="UTC" />,
                  })}
                </span>
              </span>
              <Money cents={invoice.outstanding_cents} currency={currency} />
            </li>
          ))}
        </ul>
      ) : null}
      {isOwn && open_invoices.length > 0 ? (
        <div className="mt-4">
          <HowToPay instructions={account.payment_instructions} t={t} />
        </div>
      ) : null}
      {actions ? <div className="mt-4">{actions}</div> : null}
    </Card>
  );
}

function EntryTitle({ entry, t }: { entry: AccountEntry; t: Words }) {
  const href = {
    invoice: `/invoices/${encodeURIComponent(entry.number)}`,
    credit_note: `/credit-notes/${encodeURIComponent(entry.number)}`,
    payment: `/invoices/${encodeURIComponent(entry.invoice_number)}`,
  }[entry.kind];
  const method = paymentMethodSchema.safeParse(entry.method);
  const payment = entry.reverses_payment_id
    ? t("payment.reversed")
    : t(`payment.${method.success ? method.data : "unknown"}`);
  const number = () => <DocumentNumber>{entry.number}</DocumentNumber>;
  return (
    <>
      <TextLink href={href} quiet className="text-sm">
        {entry.kind === "payment"
          ? payment
          : t.rich(entry.kind === "invoice" ? "invoice" : "creditNote", { number })}
      </TextLink>
      <p className="wrap-anywhere mt-1 text-sm text-text-muted">
        <DateText texts={t} value={entry.on} timeZone="UTC" />
        {entry.kind === "payment" ? (
          <span>
            {" · "}
            {t.rich("paymentFor", {
              number: () => <DocumentNumber>{entry.invoice_number}</DocumentNumber>,
            })}
          </span>
        ) : null}
        {entry.is_free_month ? <span> · {t("freeMonth")}</span> : null}
        {entry.is_reversed ? <span> · {t("takenBack")}</span> : null}
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

export type AccountEntriesProps = {
  account: AccountPage;
  /** What stands where there are no entries. */
  empty: string;
  /** What can be done with an entry. */
  actionOf?: (entry: AccountEntry) => ReactNode;
  t: Words;
};

/** Invoices, payments and credit notes, newest first, each with the balance after it. */
export function AccountEntries({ account, empty, actionOf, t }: AccountEntriesProps) {
  const { entries, currency } = account;
  return (
    <Card padding="flush" aria-labelledby="entries-title">
      <CardHeader title={t("entries")} titleId="entries-title" divided />
      {entries.length === 0 ? (
        <EmptyState title={t("none")} icon={<ReceiptText />}>
          {empty}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-border">
          {entries.map((entry) => {
            const action = actionOf?.(entry);
            return (
              <li
                key={entry.id}
                className="flex items-start justify-between gap-4 px-4 py-4 sm:px-6"
              >
                <div className="min-w-0 flex-1">
                  <EntryTitle entry={entry} t={t} />
                  {action ? <div className="-ms-3 pt-1">{action}</div> : null}
                </div>
                <div className="shrink-0 text-end text-sm">
                  <Money
                    cents={entry.kind === "invoice" ? entry.amount_cents : -entry.amount_cents}
                    currency={currency}
                    className="font-medium"
                  />
                  <p className="mt-1 text-text-muted">
                    {t.rich("balanceAfter", {
                      amount: () => <Money cents={entry.balance_cents} currency={currency} />,
                    })}
                  </p>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
