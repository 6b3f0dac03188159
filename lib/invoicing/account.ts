import { z } from "zod";
import { listFields } from "@/lib/paging";

/** A customer's account on the wire. Days `YYYY-MM-DD` in the billing time zone, money in cents. */

const cents = z.number().int();

export const accountSummarySchema = z.object({
  /** Above zero it is owed to the provider, below zero it is the customer's credit. */
  balance_cents: cents,
  overdue_cents: cents,
  credit_cents: cents,
  open_invoices: z.array(
    z.object({
      invoice_number: z.string(),
      due_on: z.string(),
      outstanding_cents: cents,
      is_overdue: z.boolean(),
    }),
  ),
  /** How to pay, line by line; empty when the settings say nothing. */
  payment_instructions: z.string(),
  currency: z.string(),
});
export type AccountSummary = z.infer<typeof accountSummarySchema>;

const accountEntrySchema = z.object({
  id: z.guid(),
  kind: z.enum(["invoice", "payment", "credit_note"]),
  /** Of the document; for a payment, of its invoice. */
  number: z.string(),
  on: z.string(),
  /** What the document says. Below zero for a payment that was taken back. */
  amount_cents: cents,
  /** The balance after this entry. */
  balance_cents: cents,
  invoice_number: z.string(),
  method: z.string().optional(),
  reference: z.string().nullish(),
  reason: z.string().optional(),
  /** A payment that was taken back later. */
  is_reversed: z.boolean().optional(),
  /** The payment that this entry takes back. */
  reverses_payment_id: z.guid().optional(),
  due_on: z.string().optional(),
  outstanding_cents: cents.optional(),
  is_free_month: z.boolean().optional(),
});
export type AccountEntry = z.infer<typeof accountEntrySchema>;

export const accountPageSchema = accountSummarySchema.extend({
  entries: z.array(accountEntrySchema),
  ...listFields,
});
export type AccountPage = z.infer<typeof accountPageSchema>;

/** The account as the API answers it. */
export const accountAnswer = (account: AccountPage) => ({
  balance_cents: account.balance_cents,
  overdue_cents: account.overdue_cents,
  entries: account.entries.map(({ kind, number, on, amount_cents }) => ({
    kind,
    number,
    on,
    amount_cents,
  })),
  next_cursor: account.next_cursor,
  currency: account.currency,
});

/** What a payment does. Amounts in cents. */
export interface PaymentEffect {
  /** What stays outstanding on its invoice. */
  outstanding_cents: number;
  /** What goes to other open invoices of the customer, the oldest first. */
  others_cents: number;
  /** What stays as the customer's credit. */
  credit_cents: number;
}

/**
 * What a payment does to an invoice of which `outstandingCents` are outstanding, when other invoices
 * of the customer are open with `othersCents` together. The database states the same rule
 * (private.account_lines); a test compares the two.
 */
export function paymentEffect(
  cents: number,
  outstandingCents: number,
  othersCents: number,
): PaymentEffect {
  const surplus = Math.max(cents - outstandingCents, 0);
  const others = Math.min(surplus, othersCents);
  return {
    outstanding_cents: Math.max(outstandingCents - cents, 0),
    others_cents: others,
    credit_cents: surplus - others,
  };
}
