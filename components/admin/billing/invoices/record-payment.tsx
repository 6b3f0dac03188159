"use client";

import { Banknote } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { useIdempotencyKey } from "@/components/admin/actions/use-idempotency-key";
import { amountText } from "@/components/forms/amount";
import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { FailureMessage } from "@/components/ui/failure-message";
import {
  METHOD_LABELS,
  PAYMENT_METHODS,
  type PaymentMethod,
  paymentMethodSchema,
} from "@/lib/billing/payment-schemas";
import { formatMoney, parseAmount } from "@/lib/money";

export type RecordPaymentProps = {
  invoice: { invoice_number: string; currency: string; outstanding_cents: number };
  /** Today in the billing time zone, `YYYY-MM-DD`. */
  today: string;
};

/** Records a payment for an invoice. Pressing again after a failure cannot record it twice. */
export function RecordPayment({ invoice, today }: RecordPaymentProps) {
  const { invoice_number, currency, outstanding_cents } = invoice;
  const formId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [amount, setAmount] = useState("");
  const [paidOn, setPaidOn] = useState(today);
  const [method, setMethod] = useState<PaymentMethod>("bank_transfer");
  const [reference, setReference] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const key = useIdempotencyKey();
  const act = useAction();

  const cents = parseAmount(amount);
  const surplus = cents === null ? 0 : cents - outstanding_cents;
  const left = cents === null ? outstanding_cents : Math.max(0, -surplus);

  function changeOpen(next: boolean) {
    if (next) key.renew();
    setError(null);
    setFailure(null);
    setOpen(next);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    if (pending) return;
    if (cents === null || cents === 0) {
      setError("Use an amount like 250 or 250.50.");
      input.current?.focus();
      return;
    }
    setPending(true);
    const outcome = await act({
      path: `/api/admin/invoices/${encodeURIComponent(invoice_number)}/payments`,
      body: { amount_cents: cents, paid_on: paidOn, method, reference },
      headers: key.headers(),
      done: "Payment recorded",
      description: `${formatMoney(cents, currency)} for ${invoice_number}.`,
    });
    key.settle(outcome.result);
    setPending(false);
    if (!outcome.ok) {
      setFailure(outcome.message);
      return;
    }
    setAmount("");
    setReference("");
    changeOpen(false);
  }

  return (
    <Dialog
      trigger={<Button icon={<Banknote aria-hidden="true" />}>Record a payment</Button>}
      open={open}
      onOpenChange={changeOpen}
      title="Record a payment"
      description={`${formatMoney(outstanding_cents, currency)} of ${invoice_number} is outstanding.`}
      locked={pending}
      initialFocus={input}
      footer={
        <>
          <Button onClick={() => changeOpen(false)} disabled={pending}>
            Cancel
          </Button>
          <Button
            type="submit"
            form={formId}
            variant="primary"
            loading={pending}
            loadingLabel="Recording"
          >
            Record payment
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field
          label={`Amount in ${currency}`}
          error={error}
          hint={
            surplus > 0
              ? `${formatMoney(surplus, currency)} more than outstanding. It goes to the customer's other invoices, or stays as credit.`
              : `${formatMoney(left, currency)} stays outstanding.`
          }
          required
        >
          <Input
            ref={input}
            name="amount"
            inputMode="decimal"
            autoComplete="off"
            value={amount}
            onChange={(event) => {
              setAmount(event.target.value);
              setError(null);
            }}
          />
        </Field>
        {outstanding_cents > 0 ? (
          <div>
            <Button size="sm" onClick={() => setAmount(amountText(outstanding_cents))}>
              All that is outstanding: {formatMoney(outstanding_cents, currency)}
            </Button>
          </div>
        ) : null}
        <Field label="Paid on" required>
          <Input
            type="date"
            name="paid_on"
            max={today}
            value={paidOn}
            onChange={(event) => setPaidOn(event.target.value)}
          />
        </Field>
        <Field label="Method">
          <Select
            name="method"
            value={method}
            onChange={(event) => setMethod(paymentMethodSchema.parse(event.target.value))}
            options={PAYMENT_METHODS.map((value) => ({ value, label: METHOD_LABELS[value] }))}
          />
        </Field>
        <Field label="Reference" hint="As the bank statement names it.">
          <Input
            name="reference"
            autoComplete="off"
            maxLength={140}
            value={reference}
            onChange={(event) => setReference(event.target.value)}
          />
        </Field>
        <FailureMessage message={failure} />
      </form>
    </Dialog>
  );
}
