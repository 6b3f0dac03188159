import { z } from "zod";

/** How an invoice stands: what settled it and what is left to pay. Amounts in integer cents. */
export const standingFields = {
  /** Payments that name the invoice, less those taken back. May exceed what it asks for. */
  paid_cents: z.number().int(),
  /** Taken back by credit notes, VAT included. */
  credited_cents: z.number().int(),
  /** What other payments and credits of the customer left over for this invoice. */
  from_account_cents: z.number().int(),
  /** What is still to be paid. */
  outstanding_cents: z.number().int(),
  /** Nothing is outstanding: true also for a free invoice and for one credited in full. */
  is_paid: z.boolean(),
};
