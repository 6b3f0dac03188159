import { z } from "zod";
import { buyerSchema, sellerSchema } from "./invoice-document";

/** An issued credit note, as stored: amounts in cents, `period_end` exclusive. */
export const creditNoteDocumentSchema = z.object({
  id: z.guid(),
  credit_note_number: z.string(),
  customer_id: z.guid(),
  currency: z.string(),
  vat_bps: z.number().int(),
  line_items: z.array(
    z.object({
      kind: z.literal("credit"),
      description: z.string(),
      quantity: z.number().int(),
      unit_cents: z.number().int(),
      amount_cents: z.number().int(),
      vat_cents: z.number().int(),
    }),
  ),
  subtotal_cents: z.number().int(),
  vat_cents: z.number().int(),
  total_cents: z.number().int(),
  reason: z.string(),
  seller: sellerSchema,
  buyer: buyerSchema,
  issued_at: z.string(),
  /** The tax invoice that it corrects. */
  invoice: z.object({
    invoice_number: z.string(),
    issued_at: z.string(),
    period_start: z.string(),
    period_end: z.string(),
    total_cents: z.number().int(),
  }),
});
export type CreditNoteDocument = z.infer<typeof creditNoteDocumentSchema>;

/** What crediting an invoice answers. Amounts in cents, VAT included. */
export const issuedCreditNoteSchema = z.object({
  credit_note_number: z.string(),
  invoice_number: z.string(),
  total_cents: z.number().int(),
  vat_cents: z.number().int(),
  /** What is left of the invoice to credit. */
  remaining_cents: z.number().int(),
  issued_at: z.string(),
});
export type IssuedCreditNote = z.infer<typeof issuedCreditNoteSchema>;
