"use client";

import { UserX } from "lucide-react";
import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import type { CustomerReferrals } from "@/lib/admin/customer-schemas";
import { formatDate } from "@/lib/dates";
import { countOf } from "@/lib/words";

export type EraseCustomerProps = {
  customerId: string;
  customerName: string;
  referralCode: string;
  documentsKept: CustomerReferrals["customer"]["documents_kept"];
};

/** What the tax office needs, in one sentence. */
function keptWords({ years, until }: EraseCustomerProps["documentsKept"]): string {
  if (until === null)
    return "There are no invoices. Counts and the audit log stay, without a name.";
  return `Invoices and credit notes keep the buyer's name and address for ${countOf(years, "year")} after their date, as the law requires: the last one until ${formatDate(until, "UTC")}. Then a job blanks them.`;
}

/** Erases a customer's personal details. The admin types the code, because it cannot be undone. */
export function EraseCustomer({
  customerId,
  customerName,
  referralCode,
  documentsKept,
}: EraseCustomerProps) {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const act = useAction();

  function checkCode(): boolean {
    if (typed.trim().toUpperCase() === referralCode) return true;
    setError("This is not the code of this customer.");
    input.current?.focus();
    return false;
  }

  return (
    <ReasonDialog
      trigger={<Button icon={<UserX aria-hidden="true" />}>Erase personal details</Button>}
      title={`Erase the details of ${customerName}`}
      description="For a customer who asked to be forgotten. This cannot be undone."
      reasonHint="For example the date of the request. Please write no names or addresses, because this stays in the audit log."
      confirmLabel="Erase for good"
      pendingLabel="Erasing"
      tone="danger"
      onOpenChange={(open) => {
        if (open) return;
        setTyped("");
        setError(null);
      }}
      initialFocus={input}
      checkFields={checkCode}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/customers/${customerId}/erase`,
          body: { reason },
          done: "Personal details erased",
          description: "Issued invoices keep their buyer as long as the law requires.",
        })
      }
    >
      <ul className="list-disc space-y-1 ps-5 text-sm text-text-muted">
        <li>
          Name, e-mail address, phone number and addresses are removed at once, and the account is
          closed.
        </li>
        <li>{keptWords(documentsKept)}</li>
        <li>The referral code stops working, and waiting mails are not sent.</li>
        <li>Counts, amounts and the audit log stay, without a name.</li>
        <li>
          The fraud checks keep a keyed hash of the e-mail address, phone number and addresses. It
          tells that somebody comes back, and nothing else.
        </li>
      </ul>
      <Field label={`Type ${referralCode} to confirm`} error={error} required>
        <Input
          ref={input}
          name="code"
          value={typed}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          className="font-mono"
          onChange={(event) => {
            setTyped(event.target.value);
            setError(null);
          }}
        />
      </Field>
    </ReasonDialog>
  );
}
