import { z } from "zod";
import { standingFields } from "@/lib/invoicing/standing";
import { listFields } from "@/lib/paging";
import type { Cycle } from "./cycle";
import { paymentMethodSchema } from "./payment-schemas";
import type { LineGroup, PreviewComparison, PreviewCompletion } from "./preview";
import { runStatusSchema, runTriggerSchema } from "./schemas";

/** Billing as admins see it, on the wire. Times ISO 8601, dates `YYYY-MM-DD`, money in cents. */

const count = z.number().int().min(0);
const money = z.number().int();

const billingRunSchema = z.object({
  id: z.guid(),
  period_start: z.string(),
  /** Exclusive. */
  period_end: z.string(),
  status: runStatusSchema,
  /** The run is open and its last sign of life is too old; starting the cycle again completes it. */
  is_interrupted: z.boolean(),
  trigger: runTriggerSchema,
  /** A name; null for the system and former admins. */
  started_by: z.string().nullable(),
  rewards_enabled: z.boolean(),
  /** Why a cycle was billed that had not begun or was over. */
  force_reason: z.string().nullable(),
  services_total: count,
  /** Services that had their invoice before the run. */
  skipped: count,
  /** Services that have their invoice by now. */
  done: count,
  invoices: count,
  free_months: count,
  waived_cents: money,
  total_cents: money,
  error_count: count,
  /** The clock of the run: its invoices are issued as of then. */
  as_of: z.string(),
  started_at: z.string(),
  heartbeat_at: z.string(),
  finished_at: z.string().nullable(),
  /** The cycle was over when the run billed it: it completed an earlier month. */
  is_completion: z.boolean(),
});
export type BillingRun = z.infer<typeof billingRunSchema>;

export const billingRunPageSchema = z.object({
  runs: z.array(billingRunSchema),
  ...listFields,
  currency: z.string(),
});

const errorSchema = z.object({
  /** Null when it is about the run as a whole. */
  customer_id: z.guid().nullable(),
  customer_name: z.string().nullable(),
  /** Null when it is about all services of the customer. */
  service_id: z.guid().nullable(),
  package_name: z.string().nullable(),
  message: z.string(),
});
export type NamedBillingError = z.infer<typeof errorSchema>;

export const billingRunDetailsSchema = billingRunSchema.extend({
  errors: z.array(errorSchema),
  currency: z.string(),
  /** When this was read, by the database's clock. */
  observed_at: z.string(),
});
export type BillingRunDetails = z.infer<typeof billingRunDetailsSchema>;

export const billingErrorNamesSchema = z.object({
  customers: z.record(z.string(), z.string()),
  services: z.record(z.string(), z.string()),
});

/** What a run of a cycle would do now. */
export interface BillingPreview extends Cycle {
  currency: string;
  services_total: number;
  /** Services that have their invoice already. */
  skipped: number;
  /** Invoices that a run would issue. */
  invoices: number;
  free_months: number;
  waived_cents: number;
  total_cents: number;
  errors: NamedBillingError[];
  /** Earlier months that a run completes first; not in the figures above. */
  completions: PreviewCompletion[];
  /** What could not be billed in them; the month stands in each message. */
  earlier_errors: NamedBillingError[];
  /** What customers have in their accounts that the invoices would use, completions included. */
  credit_cents: number;
  /** The invoices by what is worth a look, completions included; the first ones by name. */
  lines: LineGroup[];
  comparison: PreviewComparison;
}

const unbilledSchema = z.object({
  service_id: z.guid(),
  customer_id: z.guid(),
  customer_name: z.string(),
  package_name: z.string(),
  /** First day of the month. */
  period_start: z.string(),
  /** First and last day of the month on which the service was active, both included. */
  from: z.string(),
  to: z.string(),
  /** Why there is no invoice: the error of the last run, or that none has billed it. */
  reason: z.string(),
});
/** A month in which a service was active that has no invoice. */
export type Unbilled = z.infer<typeof unbilledSchema>;

export const unbilledPageSchema = z.object({
  items: z.array(unbilledSchema),
  ...listFields,
});

export const INVOICE_FILTERS = [
  "due",
  "overdue",
  "free_month",
  "pro_rated",
  "credited",
  "completion",
] as const;
export const invoiceFilterSchema = z.enum(INVOICE_FILTERS);
export type InvoiceFilter = z.infer<typeof invoiceFilterSchema>;

export const invoiceRowSchema = z.object({
  id: z.guid(),
  invoice_number: z.string(),
  issued_at: z.string(),
  due_on: z.string(),
  period_start: z.string(),
  period_end: z.string(),
  currency: z.string(),
  customer: z.object({ id: z.guid(), name: z.string(), email: z.string() }),
  /** The first line of the invoice. */
  description: z.string(),
  total_cents: money,
  amount_due_cents: money,
  amount_waived_cents: money,
  is_free_month: z.boolean(),
  /** The charge is not that of a whole month at one price. */
  is_pro_rated: z.boolean(),
  /** Its month was over when it was issued. */
  is_completion: z.boolean(),
  ...standingFields,
});
export type InvoiceRow = z.infer<typeof invoiceRowSchema>;

export const invoicePageSchema = z.object({
  invoices: z.array(invoiceRowSchema),
  ...listFields,
});

export const PAYMENT_FILTERS = ["kept", "reversed"] as const;
export type PaymentFilter = (typeof PAYMENT_FILTERS)[number];

const paymentRowSchema = z.object({
  id: z.guid(),
  /** When it was recorded here. */
  created_at: z.string(),
  paid_on: z.string(),
  amount_cents: money,
  method: paymentMethodSchema,
  reference: z.string().nullable(),
  /** A name; null for the payment system and former admins. */
  recorded_by: z.string().nullable(),
  invoice_number: z.string(),
  currency: z.string(),
  customer: z.object({ id: z.guid(), name: z.string(), email: z.string() }),
  reversed_at: z.string().nullable(),
  reversal_reason: z.string().nullable(),
});
export type PaymentRow = z.infer<typeof paymentRowSchema>;

export const paymentPageSchema = z.object({ payments: z.array(paymentRowSchema), ...listFields });
