import { HowToPay } from "@/components/account/statement/account-statement";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Money } from "@/components/ui/text";
import type { AccountSummary } from "@/lib/invoicing/account";

/** What of the account is overdue, what that stops, and how to pay it. */
export function OverdueNotice({ account }: { account: AccountSummary }) {
  const { overdue_cents, payment_instructions, currency } = account;
  return (
    <Notice
      tone="warning"
      title={
        <>
          <Money cents={overdue_cents} currency={currency} /> is overdue
        </>
      }
      action={
        <LinkButton href="/invoices" size="sm">
          See your invoices
        </LinkButton>
      }
    >
      <p>Until it is paid, friends cannot use your code, and your free months wait.</p>
      {payment_instructions ? (
        <div className="mt-3">
          <HowToPay instructions={payment_instructions} />
        </div>
      ) : null}
    </Notice>
  );
}
