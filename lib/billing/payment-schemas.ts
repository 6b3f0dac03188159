import { z } from "zod";
import { hasUnshowableCharacter } from "@/lib/identity/names";

/** Payments on the wire. Days `YYYY-MM-DD` in the billing time zone, money in integer cents. */

export const PAYMENT_METHODS = ["bank_transfer", "debit_order", "card", "cash", "other"] as const;
export const paymentMethodSchema = z.enum(PAYMENT_METHODS);
export type PaymentMethod = z.infer<typeof paymentMethodSchema>;

export const METHOD_LABELS: Readonly<Record<PaymentMethod, string>> = {
  bank_transfer: "Bank transfer",
  debit_order: "Debit order",
  card: "Card",
  cash: "Cash",
  other: "Other",
};

/** The largest amount of one payment. */
export const MAX_PAYMENT_CENTS = 100_000_000_000;

/** The longest reference of a payment, in characters. */
export const LONGEST_REFERENCE = 140;

const isShowable = (line: string): boolean => !hasUnshowableCharacter(line);

export const paymentInputSchema = z.strictObject({
  amount_cents: z
    .number({ error: "Use a whole number of cents." })
    .int("Use a whole number of cents.")
    .min(1, "A payment has at least one cent.")
    .max(MAX_PAYMENT_CENTS, "This amount is too large."),
  paid_on: z.iso.date({ error: "Use a date like 2026-12-14." }),
  method: paymentMethodSchema.optional(),
  reference: z
    .string()
    .trim()
    .max(LONGEST_REFERENCE, `Keep the reference within ${LONGEST_REFERENCE} characters.`)
    .refine(isShowable, "This contains a character that cannot be used.")
    .optional()
    .transform((value) => value || undefined),
});
export type PaymentInput = z.infer<typeof paymentInputSchema>;

/** What a payment did to its invoice and to the account. */
export const receiptSchema = z.object({
  payment_id: z.guid(),
  invoice_number: z.string(),
  /** All payments for the invoice, less those taken back. */
  paid_cents: z.number().int(),
  outstanding_cents: z.number().int(),
  /** What the customer paid beyond all their invoices. */
  credit_cents: z.number().int(),
});
export type PaymentReceipt = z.infer<typeof receiptSchema>;

export const importAnswerSchema = z.object({
  accepted: z.number().int(),
  rejected: z.array(z.object({ row: z.number().int(), reason: z.string() })),
});

export interface PaymentImport {
  /** Rows that were recorded, or that a dry run would record. */
  accepted: number;
  /** Rows that were not, each with a sentence why. Rows count as in the file; the names are row 1. */
  rejected: { row: number; reason: string }[];
}

/** How to pay, line by line; empty when invoices say nothing about it. */
export const instructionsInputSchema = z
  .string({ error: "Write how to pay." })
  .transform((text) => text.replace(/\r\n?/g, "\n").trim())
  .refine((text) => text.length <= 1000, "Keep this within 1000 characters.")
  .refine(
    (text) => text.split("\n").every(isShowable),
    "This contains a character that cannot be used.",
  );

export const instructionsSchema = z.object({
  /** The newest version of the billing settings; a change names it. */
  version: z.number().int(),
  payment_instructions: z.string(),
});
export type PaymentInstructions = z.infer<typeof instructionsSchema>;
