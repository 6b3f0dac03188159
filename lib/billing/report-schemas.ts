import { z } from "zod";
import { nextCursorSchema } from "@/lib/paging";
import { runStatusSchema } from "./schemas";

/** Reports of billing on the wire. Days `YYYY-MM-DD` of the billing time zone, money in cents. */

const count = z.number().int().min(0);
const money = z.number().int();
const day = z.string();

const treatmentSchema = z.enum(["discount", "consideration"]);

const vatFigures = {
  currency: z.string(),
  invoices: count,
  invoiced_net_cents: money,
  invoiced_vat_cents: money,
  invoiced_total_cents: money,
  credit_notes: count,
  credited_net_cents: money,
  credited_vat_cents: money,
  credited_total_cents: money,
  /** Invoices less credit notes. */
  net_cents: money,
  vat_cents: money,
  total_cents: money,
  /** VAT of documents that were issued after the end of the month supplied, part of `vat_cents`. */
  late_vat_cents: money,
};

const vatRowSchema = z.object({ period_start: day, vat_bps: count, ...vatFigures });
export type VatRow = z.infer<typeof vatRowSchema>;

const vatTotalSchema = z.object(vatFigures);
export type VatTotal = z.infer<typeof vatTotalSchema>;

export const vatReportSchema = z.object({
  /** First and last day of the months reported. */
  from: day,
  to: day,
  rows: z.array(vatRowSchema),
  /** One per currency. */
  totals: z.array(vatTotalSchema),
});
export type VatReport = z.infer<typeof vatReportSchema>;

export const liabilitySchema = z.object({
  as_of: z.string(),
  currency: z.string(),
  /** Free months that can still be used. */
  rewards: count,
  value_cents: money,
  /** Their customers have no service, so they are worth nothing now. */
  without_service: count,
  /** Worth less than a month, because of their ceiling. */
  capped: count,
  by_treatment: z.array(
    z.object({ treatment: treatmentSchema, rewards: count, value_cents: money }),
  ),
  /** By the month of the last day on which they count. */
  expiring: z.array(z.object({ month: day, rewards: count, value_cents: money })),
  /** What became of free months in the last twelve months. */
  breakage: z.object({
    used: count,
    expired: count,
    revoked: count,
    /** Expired of used and expired, in basis points; null while nothing has ended. */
    rate_bps: count.nullable(),
    expected_unused_cents: money.nullable(),
  }),
  history: z.array(
    z.object({ month: day, used: count, used_cents: money, expired: count, revoked: count }),
  ),
});
export type Liability = z.infer<typeof liabilitySchema>;

export const leftOutSchema = z.object({
  service_id: z.guid(),
  customer_id: z.guid(),
  customer_name: z.string(),
  package_name: z.string(),
  reason: z.string(),
});
/** A service without an invoice of the cycle, and why. */
export type LeftOut = z.infer<typeof leftOutSchema>;

export const runReportSchema = z.object({
  period_start: day,
  last_day: day,
  currency: z.string(),
  /** The month was over when the run billed it. */
  is_completion: z.boolean(),
  invoices: count,
  first_number: z.string().nullable(),
  last_number: z.string().nullable(),
  net_cents: money,
  vat_cents: money,
  total_cents: money,
  due_cents: money,
  discount_months: count,
  discount_cents: money,
  consideration_months: count,
  consideration_cents: money,
  /** Runs of the same day that completed earlier months. */
  completions: z.array(
    z.object({
      id: z.guid(),
      period_start: day,
      period_end: day,
      status: runStatusSchema,
      invoices: count,
      total_cents: money,
    }),
  ),
  left_out: z.object({
    services: count,
    reasons: z.array(z.object({ reason: z.string(), services: count })),
    /** The first ones; the file has all. */
    first: z.array(leftOutSchema),
  }),
});
export type RunReport = z.infer<typeof runReportSchema>;

const invoiceExportRowSchema = z.object({
  id: z.guid(),
  invoice_number: z.string(),
  issued_on: day,
  due_on: day,
  kind: z.enum(["cycle", "completion"]),
  period_start: day,
  last_day: day,
  customer_id: z.guid(),
  service_id: z.guid(),
  /** Null after an erasure. */
  customer_name: z.string().nullable(),
  customer_vat_number: z.string().nullable(),
  description: z.string().nullable(),
  currency: z.string(),
  vat_bps: z.array(count),
  net_cents: money,
  vat_cents: money,
  total_cents: money,
  treatment: treatmentSchema.nullable(),
  waived_cents: money,
  due_cents: money,
});
export type InvoiceExportRow = z.infer<typeof invoiceExportRowSchema>;

const creditNoteExportRowSchema = z.object({
  id: z.guid(),
  credit_note_number: z.string(),
  issued_on: day,
  invoice_number: z.string(),
  period_start: day,
  last_day: day,
  customer_id: z.guid(),
  customer_name: z.string().nullable(),
  reason: z.string(),
  currency: z.string(),
  net_cents: money,
  vat_cents: money,
  total_cents: money,
});
export type CreditNoteExportRow = z.infer<typeof creditNoteExportRowSchema>;

const paymentExportRowSchema = z.object({
  id: z.guid(),
  kind: z.enum(["payment", "reversal"]),
  payment_id: z.guid(),
  recorded_on: day,
  paid_on: day,
  invoice_number: z.string(),
  customer_id: z.guid(),
  customer_name: z.string().nullable(),
  method: z.string(),
  reference: z.string().nullable(),
  reason: z.string().nullable(),
  currency: z.string(),
  /** Below zero for a reversal. */
  amount_cents: money,
});
export type PaymentExportRow = z.infer<typeof paymentExportRowSchema>;

const owedRewardSchema = z.object({
  id: z.guid(),
  customer_id: z.guid(),
  customer_name: z.string(),
  source: z.enum(["earned", "manual"]),
  vat_treatment: treatmentSchema,
  granted_on: day,
  last_day: day,
  cap_cents: money.nullable(),
  value_cents: money,
});
export type OwedReward = z.infer<typeof owedRewardSchema>;

const pageOf = <S extends z.ZodType>(row: S) =>
  z.object({ rows: z.array(row), next_cursor: nextCursorSchema });

export const invoiceExportPageSchema = pageOf(invoiceExportRowSchema);
export const creditNoteExportPageSchema = pageOf(creditNoteExportRowSchema);
export const paymentExportPageSchema = pageOf(paymentExportRowSchema);
export const owedRewardPageSchema = pageOf(owedRewardSchema).extend({ currency: z.string() });

/** A range of days of the billing time zone, both included. */
export interface DayRange {
  from: string;
  to: string;
}
