import { z } from "zod";
import { customerBillingFactsSchema } from "@/lib/billing/invoice";

/** What the database hands to a billing run and takes from it. Amounts in cents, VAT included. */

const count = z.number().int().min(0);
const cents = z.number().int();

export const startedRunSchema = z.object({
  run_id: z.guid(),
  services_total: count,
  /** Services that had their invoice of the cycle before the run. */
  skipped: count,
});

/**
 * One page of customers to bill. Only the id is certain here: the facts of each customer are
 * validated one by one, so that a broken one does not hide the others.
 */
export const billingBatchSchema = z.object({
  customers: z.array(z.looseObject({ customer_id: z.guid() })),
  services_total: count.optional(),
  skipped: count.optional(),
});
export type UncheckedCustomer = z.infer<typeof billingBatchSchema>["customers"][number];

/** A customer's facts, with the buyer as the invoice will name them. */
export const billableCustomerSchema = customerBillingFactsSchema.extend({
  buyer: z.object({
    name: z.string(),
    email: z.string(),
    address: z.record(z.string(), z.unknown()),
  }),
});

export const issuedBatchSchema = z.object({
  issued: z.array(
    z.object({ service_id: z.guid(), invoice_id: z.guid(), invoice_number: z.string() }),
  ),
  refused: count,
  free_months: count,
  waived_cents: cents,
  total_cents: cents,
});

export const finishedRunSchema = z.object({
  id: z.guid(),
  status: z.enum(["running", "completed", "failed"]),
  invoices: count,
  free_months: count,
  waived_cents: cents,
  total_cents: cents,
  skipped: count,
});

/** Why one customer (or, with null, the run as a whole) could not be billed. */
export interface BillingError {
  customer_id: string | null;
  message: string;
}

/** What a billing run did. Amounts in cents, VAT included, after rewards. */
export interface BillingSummary {
  /** Null for a dry run: it leaves no trace. */
  run_id: string | null;
  /** The cycle, half-open, `YYYY-MM-DD`. */
  period_start: string;
  period_end: string;
  /** Invoices that this run issued. */
  invoices: number;
  free_months: number;
  waived_cents: number;
  total_cents: number;
  /** Services that had their invoice of the cycle already. */
  skipped: number;
  /** ISO 4217. */
  currency: string;
  errors: BillingError[];
}

/** How far a billing run is. */
export interface BillingProgress {
  services_total: number;
  /** Services with an invoice by now, those of earlier runs included. */
  services_done: number;
  errors: number;
}
