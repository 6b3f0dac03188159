import { z } from "zod";

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
    }),
  ),
  subtotal_cents: z.number().int(),
  vat_cents: z.number().int(),
  total_cents: z.number().int(),
  amount_due_cents: z.number().int(),
  is_free_month: z.boolean(),
  referral_reward_id: z.guid().nullable(),
  amount_waived_cents: z.number().int(),
  seller: z.object({
    name: z.string(),
    address: z.array(z.string()),
    vat_number: z.string(),
    registration_number: z.string().nullish(),
  }),
  buyer: z.object({
    name: z.string().optional(),
    email: z.string().optional(),
    address: z
      .object({
        line1: z.string(),
        line2: z.string().nullish(),
        suburb: z.string().nullish(),
        city: z.string(),
        postal_code: z.string(),
      })
      .partial()
      .optional(),
    erased: z.boolean().optional(),
  }),
  due_on: z.string(),
  issued_at: z.string(),
  is_paid: z.boolean(),
});
export type InvoiceDocument = z.infer<typeof invoiceDocumentSchema>;
