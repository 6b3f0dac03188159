"use client";

import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Textarea } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import type { PaymentInstructions } from "@/lib/billing/payment-schemas";

const LONGEST = 1000;

/** How customers are told to pay, and a dialog that changes it. */
export function PaymentInstructionsCard({ settings }: { settings: PaymentInstructions }) {
  const act = useAction();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(settings.payment_instructions);
  const [error, setError] = useState<string | null>(null);
  const lines = settings.payment_instructions.split("\n").filter(Boolean);

  async function save(reason: string) {
    const outcome = await act({
      path: "/api/admin/billing/payment-instructions",
      method: "PUT",
      body: { payment_instructions: text, reason, expected_version: settings.version },
      done: "Payment instructions saved",
    });
    if (!outcome.result.ok) setError(outcome.result.fields.payment_instructions ?? null);
    return outcome;
  }

  return (
    <Card aria-labelledby="instructions-title">
      <CardHeader
        title="How customers pay"
        titleId="instructions-title"
        description="On every invoice that is not paid, and beside what a customer owes. The number of the invoice is added as the reference."
        actions={
          <ReasonDialog
            trigger={<Button>Change</Button>}
            title="Change how customers pay"
            description="It counts at once, also on invoices that were issued before and are not paid. Please check the account number twice."
            reasonHint="It stays in the audit log."
            confirmLabel="Save"
            pendingLabel="Saving"
            initialFocus={field}
            onOpenChange={(open) => {
              if (!open) return;
              setText(settings.payment_instructions);
              setError(null);
            }}
            onConfirm={save}
          >
            <Field
              label="Payment instructions"
              error={error}
              hint={`One line for each thing: how to pay, the bank, the account. ${LONGEST} characters at most; empty leaves them out.`}
            >
              <Textarea
                ref={field}
                name="payment_instructions"
                rows={5}
                maxLength={LONGEST}
                value={text}
                onChange={(event) => {
                  setText(event.target.value);
                  setError(null);
                }}
              />
            </Field>
          </ReasonDialog>
        }
      />
      {lines.length === 0 ? (
        <p className="text-sm text-text-muted">
          Invoices say nothing about how to pay. Customers have to ask.
        </p>
      ) : (
        <div className="wrap-anywhere text-sm leading-6">
          {lines.map((line) => (
            <p key={line}>
              <bdi>{line}</bdi>
            </p>
          ))}
        </div>
      )}
    </Card>
  );
}
