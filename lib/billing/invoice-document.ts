import { z } from "zod";
import { standingFields } from "@/lib/invoicing/standing";
import { paymentMethodSchema } from "./payment-schemas";

/** What invoices and credit notes have in common. */
export const DOCUMENT_NUMBER = /^[A-Z0-9]{2,8}-\d{4}-\d{1,12}$/;

export const sellerSchema = z.object({
  name: z.string(),
  address: z.array(z.string()),
  vat_number: z.string(),
  registration_number: z.string().nullish(),
});
export type Seller = z.infer<typeof sellerSchema>;

const addressLinesSchema = z
  .object({
    line1: z.string(),
    line2: z.string().nullish(),
    suburb: z.string().nullish(),
    city: z.string(),
    postal_code: z.string(),
  })
  .partial();

export const buyerSchema = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  vat_number: z.string().nullish(),
  address: addressLinesSchema.optional(),
  /** Where the service is, when that is not the billing address. */
  site: addressLinesSchema.optional(),
  erased: z.boolean().optional(),
});
export type Buyer = z.infer<typeof buyerSchema>;

/** An issued tax invoice, as stored: amounts in cents, `period_end` exclusive. */
export const invoiceDocumentSchema = z.object({
  id: z.guid(),
  invoice_number: z.string(),
  customer_id: z.guid(),
  service_id: z.guid(),
  period_start: z.string(),
  period_end: z.string(),
  currency: z.string(),
  vat_bps: z.number().int(),
  price_cents: z.number().int(),
  line_items: z.array(
    z.object({
      kind: z.enum(["service", "reward"]),
      description: z.string(),
      quantity: z.number().int(),
      unit_cents: z.number().int(),
      amount_cents: z.number().int(),
      vat_cents: z.number().int(),
      /** The rate of the line's days in basis points. */
      vat_bps: z.number().int().optional(),
      /** Days that are not charged because of a suspension, half-open. */
      suspended: z.array(z.object({ period_start: z.string(), period_end: z.string() })).optional(),
      /** The days that the line charges, half-open, of so many in the period. */
      period_start: z.string().optional(),
      period_end: z.string().optional(),
      days: z.number().int().optional(),
      days_in_period: z.number().int().optional(),
    }),
  ),
  subtotal_cents: z.number().int(),
  vat_cents: z.number().int(),
  total_cents: z.number().int(),
  amount_due_cents: z.number().int(),
  is_free_month: z.boolean(),
  referral_reward_id: z.guid().nullable(),
  amount_waived_cents: z.number().int(),
  /** A discount is a line of the invoice, consideration a credit below its total; else null. */
  reward_treatment: z.enum(["discount", "consideration"]).nullable(),
  /** What the free month is called on the invoice. */
  reward_description: z.string().nullable(),
  seller: sellerSchema,
  buyer: buyerSchema,
  due_on: z.string(),
  issued_at: z.string(),
  ...standingFields,
  /** What was paid for this invoice and not taken back. */
  payments: z.array(
    z.object({
      id: z.guid(),
      paid_on: z.string(),
      amount_cents: z.number().int(),
      method: paymentMethodSchema,
      reference: z.string().nullable(),
    }),
  ),
  /** How to pay today, line by line. It is no part of the issued document. */
  payment_instructions: z.string(),
  credit_notes: z.array(
    z.object({
      credit_note_number: z.string(),
      issued_at: z.string(),
      total_cents: z.number().int(),
    }),
  ),
  /** First local day on which a cancelled service was no longer delivered; else null. */
  service_ended_on: z.string().nullable(),
});
export type InvoiceDocument = z.infer<typeof invoiceDocumentSchema>;
