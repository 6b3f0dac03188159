"use client";

import { ReceiptText } from "lucide-react";
import { useRef, useState } from "react";
import { ActEffect } from "@/components/admin/actions/act-effect";
import { useAction } from "@/components/admin/actions/use-action";
import { useIdempotencyKey, wasSentBefore } from "@/components/admin/actions/use-idempotency-key";
import { amountText } from "@/components/forms/amount";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { useTypedDraft } from "@/components/forms/typed-draft";
import { Button } from "@/components/ui/button";
import { DescriptionList } from "@/components/ui/description-list";
import { Money } from "@/components/ui/text";
import type { IssuedCreditNote } from "@/lib/billing/credit-note-document";
import type { InvoiceDocument } from "@/lib/billing/invoice-document";
import { creditVat } from "@/lib/invoicing/credit-note";
import { formatMoney, parseAmount } from "@/lib/money";

export type CreditInvoiceProps = {
  invoice: Pick<
    InvoiceDocument,
    | "invoice_number"
    | "currency"
    | "total_cents"
    | "amount_due_cents"
    | "vat_cents"
    | "credited_cents"
  >;
  /** What was paid for days after the service ended, in cents; 0 when there are none. */
  unusedCents: number;
};

/** Credits an invoice, whole or in part. Pressing again after a failure cannot credit it twice. */
export function CreditInvoice({ invoice, unusedCents }: CreditInvoiceProps) {
  const { invoice_number, currency, credited_cents } = invoice;
  // A free month that was used is not paid out.
  const left = invoice.amount_due_cents - credited_cents;
  const [open, setOpen] = useState(false);
  const draftKey = `credit ${invoice_number}`;
  const [amount, setAmount] = useTypedDraft(draftKey, "amount");
  const [error, setError] = useState<string | null>(null);
  const key = useIdempotencyKey();
  const input = useRef<HTMLInputElement>(null);
  const act = useAction();

  const cents = parseAmount(amount);
  const isPossible = cents !== null && cents > 0 && cents <= left;

  function amountError(): string | null {
    if (amount.trim() === "") return "Please say how much to credit.";
    if (cents === null || cents === 0) return "Use an amount like 250 or 250.50.";
    return isPossible ? null : `At most ${formatMoney(left, currency)} is left to credit.`;
  }

  function changeOpen(next: boolean) {
    if (next) key.renew();
    if (!next) setError(null);
    setOpen(next);
  }

  function change(text: string) {
    setAmount(text);
    setError(null);
  }

  function check(): boolean {
    const problem = amountError();
    setError(problem);
    if (problem) input.current?.focus();
    return problem === null;
  }

  async function credit(reason: string) {
    const outcome = await act({
      path: `/api/admin/invoices/${encodeURIComponent(invoice_number)}/credit-notes`,
      body: { amount_cents: cents, reason },
      headers: key.headers(),
      done: "Credit note issued",
      description: (data) => {
        const note = data as IssuedCreditNote;
        return `${note.credit_note_number} takes back ${formatMoney(note.total_cents, currency)} of ${invoice_number}; ${formatMoney(note.remaining_cents, currency)} can still be credited.`;
      },
    });
    key.settle(outcome.result);
    if (outcome.ok) setAmount("");
    if (!wasSentBefore(outcome.result)) return outcome;
    return {
      ok: false as const,
      message:
        "Your earlier attempt went through with what you had entered then. The credit note is on " +
        "the invoice. Please close this, unless you want to credit more.",
    };
  }

  return (
    <ReasonDialog
      trigger={<Button icon={<ReceiptText aria-hidden="true" />}>Credit this invoice</Button>}
      open={open}
      onOpenChange={changeOpen}
      draftKey={draftKey}
      title="Credit this invoice"
      description="The invoice stays as it is. A credit note takes back the whole amount or a part of it, with its VAT."
      initialFocus={input}
      checkFields={check}
      reasonHint="The customer reads this on the credit note, and it stays in the audit log."
      confirmLabel="Issue credit note"
      pendingLabel="Issuing"
      onConfirm={credit}
    >
      <DescriptionList
        items={[
          { label: "Invoice", value: invoice_number },
          { label: "Total", value: <Money cents={invoice.total_cents} currency={currency} /> },
          ...(credited_cents > 0
            ? [
                {
                  label: "Credited before",
                  value: <Money cents={credited_cents} currency={currency} />,
                },
              ]
            : []),
          { label: "Left to credit", value: <Money cents={left} currency={currency} /> },
        ]}
      />
      <div className="flex flex-col gap-2">
        <Field
          label={`Amount in ${currency}, including VAT`}
          error={error}
          hint={
            isPossible
              ? `${formatMoney(creditVat(invoice, credited_cents, cents), currency)} of it is VAT.`
              : "Its VAT is calculated for you."
          }
          required
        >
          <Input
            ref={input}
            name="amount"
            inputMode="decimal"
            autoComplete="off"
            value={amount}
            onChange={(event) => change(event.target.value)}
          />
        </Field>
        <ActEffect
          act={open && isPossible ? { act: "credit", invoice_number, amount_cents: cents } : null}
        />
        <div className="flex flex-wrap gap-2">
          <Button size="sm" onClick={() => change(amountText(left))}>
            All that is left: {formatMoney(left, currency)}
          </Button>
          {unusedCents > 0 && unusedCents < left ? (
            <Button size="sm" onClick={() => change(amountText(unusedCents))}>
              Unused days: {formatMoney(unusedCents, currency)}
            </Button>
          ) : null}
        </div>
      </div>
    </ReasonDialog>
  );
}
