"use client";

import { Banknote } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { useIdempotencyKey, wasSentBefore } from "@/components/admin/actions/use-idempotency-key";
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
import type { AccountSummary } from "@/lib/invoicing/account";
import { formatMoney, parseAmount } from "@/lib/money";
import { type PayableInvoice, paymentEffectText } from "./payment-effect-text";

export type RecordPaymentProps = {
  /** The invoices that the payment may be for; the first one is chosen. At least one. */
  invoices: readonly PayableInvoice[];
  /** The account that they belong to. */
  account: Pick<AccountSummary, "open_invoices" | "currency">;
  /** Today in the billing time zone, `YYYY-MM-DD`. */
  today: string;
};

/** Records a payment for an invoice. Pressing again after a failure cannot record it twice. */
export function RecordPayment({ invoices, account, today }: RecordPaymentProps) {
  const { currency } = account;
  const [chosen, setChosen] = useState<string | null>(null);
  const invoice = invoices.find((one) => one.invoice_number === chosen) ?? invoices[0];
  const formId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [amount, setAmount] = useState("");
  const [paidOn, setPaidOn] = useState(today);
  const [method, setMethod] = useState<PaymentMethod>("bank_transfer");
  const [reference, setReference] = useState("");
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const key = useIdempotencyKey();
  const act = useAction();

  if (!invoice) return null;
  const { invoice_number, outstanding_cents } = invoice;
  const cents = parseAmount(amount);

  function changeOpen(next: boolean) {
    if (next) key.renew();
    setErrors({});
    setFailure(null);
    setOpen(next);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    if (pending) return;
    if (cents === null || cents === 0) {
      setErrors({ amount_cents: "Use an amount like 250 or 250.50." });
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
    if (!outcome.result.ok) {
      setErrors(outcome.result.fields);
      setFailure(
        wasSentBefore(outcome.result)
          ? "Your earlier attempt went through with what you had entered then. The payment is on the account. Please close this, unless you want to record another one."
          : outcome.result.message,
      );
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
        {invoices.length > 1 ? (
          <Field label="Invoice">
            <Select
              name="invoice_number"
              value={invoice_number}
              onValueChange={setChosen}
              options={invoices.map((one) => ({
                value: one.invoice_number,
                label: `${one.invoice_number} · ${formatMoney(one.outstanding_cents, currency)} outstanding`,
              }))}
            />
          </Field>
        ) : null}
        <Field
          label={`Amount in ${currency}`}
          error={errors.amount_cents}
          hint={
            cents
              ? paymentEffectText(cents, invoice, account)
              : "We say here what the payment does before you record it."
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
              setErrors({});
            }}
          />
        </Field>
        {outstanding_cents > 0 ? (
          <div>
            <Button
              size="sm"
              onClick={() => {
                setAmount(amountText(outstanding_cents));
                setErrors({});
              }}
            >
              All that is outstanding: {formatMoney(outstanding_cents, currency)}
            </Button>
          </div>
        ) : null}
        <Field label="Paid on" error={errors.paid_on} required>
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
        <Field
          label="Reference"
          hint="As the bank statement names it."
          error={errors.reference}
          optional
        >
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
