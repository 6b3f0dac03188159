import { z } from "zod";

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** The brand, the legal seller and how invoices are made. */
export const billingSettingsSchema = z.object({
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/, "Use a three-letter currency code, like ZAR."),
  /** VAT rate in basis points: 1500 is 15 %. Prices include it. */
  vat_bps: z.number().int().min(0).max(10_000),
  /** IANA zone in which billing cycles begin and end. */
  time_zone: z.string().refine(isTimeZone, "This is not a known time zone."),
  /** First part of invoice numbers: INV-2026-000001. */
  invoice_prefix: z.string().regex(/^[A-Z0-9]{2,8}$/, "Use 2 to 8 capital letters or digits."),
  /** Days from the issue of an invoice until it is due. */
  payment_days: z.number().int().min(0).max(120),
  /** How many earlier months a billing run completes. */
  completion_months: z.number().int().min(0).max(60),
  brand_name: z.string().trim().min(1).max(80),
  support_email: z.email(),
  seller: z.object({
    name: z.string().min(1),
    address: z.array(z.string()).min(1),
    vat_number: z.string(),
    registration_number: z.string().nullable().default(null),
  }),
});

export type BillingSettings = z.infer<typeof billingSettingsSchema>;

/** The settings on the first day of a cycle, with the VAT rates that count from later days on. */
export const cycleSettingsSchema = billingSettingsSchema.extend({
  vat_changes: z.array(z.object({ effective_on: z.iso.date(), vat_bps: z.number().int().min(0) })),
});

export type CycleSettings = z.infer<typeof cycleSettingsSchema>;
