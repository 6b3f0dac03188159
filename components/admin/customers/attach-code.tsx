"use client";

import { UserPlus } from "lucide-react";
import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useTypedDraft } from "@/components/forms/typed-draft";
import { Button } from "@/components/ui/button";
import { LONGEST_SHARED_TEXT } from "@/lib/referrals/referral-code";

export type AttachCodeProps = { customerId: string; customerName: string };

/** Attaches a code that the customer forgot when ordering. */
export function AttachCode({ customerId, customerName }: AttachCodeProps) {
  const act = useAction();
  const input = useRef<HTMLInputElement>(null);
  const draftKey = `attach ${customerId}`;
  const [code, setCode] = useTypedDraft(draftKey, "code");
  const [error, setError] = useState<string | null>(null);

  function checkFields(): boolean {
    const isEmpty = code.trim() === "";
    setError(isEmpty ? "Enter the referrer's code." : null);
    if (isEmpty) input.current?.focus();
    return !isEmpty;
  }

  return (
    <ReasonDialog
      trigger={<Button icon={<UserPlus aria-hidden="true" />}>Attach a code</Button>}
      draftKey={draftKey}
      title="Attach a forgotten code"
      description={`The same checks apply as when ${customerName} ordered, judged as of that day. Both sides get a mail.`}
      reasonHint="It stays in the audit log."
      confirmLabel="Attach code"
      pendingLabel="Attaching"
      initialFocus={input}
      checkFields={checkFields}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/customers/${customerId}/referral`,
          body: { referral_code: code, reason },
          done: "Code attached",
          description: customerName,
        })
      }
    >
      <Field label="Code of the person who invited" error={error} required>
        <Input
          ref={input}
          name="referral_code"
          autoCapitalize="characters"
          autoComplete="off"
          spellCheck={false}
          maxLength={LONGEST_SHARED_TEXT}
          value={code}
          onChange={(event) => {
            setCode(event.target.value);
            setError(null);
          }}
        />
      </Field>
    </ReasonDialog>
  );
}
