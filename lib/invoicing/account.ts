import { z } from "zod";
import { nextCursorSchema } from "@/lib/paging";

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
  next_cursor: nextCursorSchema,
});
export type AccountPage = z.infer<typeof accountPageSchema>;
