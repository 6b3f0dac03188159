import { HowToPay } from "@/components/account/statement/account-statement";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Money } from "@/components/ui/text";
import type { AccountSummary } from "@/lib/invoicing/account";
import type { Texts } from "@/lib/language/translator";

export type OverdueNoticeProps = {
  account: AccountSummary;
  t: Texts<"account">;
  statement: Texts<"statement">;
};

/** What of the account is overdue, what that stops, and how to pay it. */
export function OverdueNotice({ account, t, statement }: OverdueNoticeProps) {
  const { overdue_cents, payment_instructions, currency } = account;
  return (
    <Notice
      tone="warning"
      title={t.rich("overdue.title", {
        amount: () => <Money cents={overdue_cents} currency={currency} />,
      })}
      action={
        <LinkButton href="/invoices" size="sm">
          {t("overdue.seeInvoices")}
        </LinkButton>
      }
    >
      <p>{t("overdue.text")}</p>
      {payment_instructions ? (
        <div className="mt-3">
          <HowToPay instructions={payment_instructions} t={statement} />
        </div>
      ) : null}
    </Notice>
  );
}
