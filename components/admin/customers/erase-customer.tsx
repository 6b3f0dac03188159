"use client";

import { UserX } from "lucide-react";
import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";

export type EraseCustomerProps = {
  customerId: string;
  customerName: string;
  referralCode: string;
};

/** Erases a customer's personal details. The admin types the code, because it cannot be undone. */
export function EraseCustomer({ customerId, customerName, referralCode }: EraseCustomerProps) {
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
          description: "Invoices and counts stay, without a name.",
        })
      }
    >
      <ul className="list-disc space-y-1 ps-5 text-sm text-text-muted">
        <li>
          Name, e-mail address, phone number and addresses are removed everywhere, and the account
          is closed.
        </li>
        <li>The referral code stops working, and waiting mails are not sent.</li>
        <li>Invoices, counts and the audit log stay, without a name.</li>
        <li>
          The fraud checks forget the person too. Somebody who orders again counts as a new
          customer.
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
