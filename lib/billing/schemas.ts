import { z } from "zod";
import { cycleSettingsSchema } from "@/lib/programme/billing-settings";
import { customerBillingFactsSchema } from "@/lib/rewards/build-invoices";

/** What the database hands to a billing run and takes from it. Amounts in cents, VAT included. */

const count = z.number().int().min(0);
const cents = z.number().int();

export const runStatusSchema = z.enum(["running", "completed", "failed"]);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** What asked for a run: the command line, the schedule, an admin, or the demo data. */
export const runTriggerSchema = z.enum(["job", "cron", "admin", "seed"]);
export type RunTrigger = z.infer<typeof runTriggerSchema>;

const countsSchema = z.object({
  services_total: count,
  /** Services that had their invoice of the cycle before the run. */
  skipped: count,
});

export const startedRunSchema = countsSchema.extend({
  run_id: z.guid(),
  status: runStatusSchema,
  /** The run was there before: another process bills the cycle, or the key was used before. */
  joined: z.boolean(),
  /** The instant at which the invoices of the run are issued. */
  as_of: z.iso.datetime({ offset: true }),
  rewards_enabled: z.boolean(),
  /** Invoices of the run so far. */
  invoices: count,
  /** The settings of the cycle, as they were known when the run began. */
  settings: cycleSettingsSchema,
});

/**
 * One page of customers to bill; their facts are checked later, customer by customer. It comes as
 * text that holds JSON, because the data API passes a text on without parsing it.
 */
export const billingBatchSchema = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.object({
      customers: z.array(z.looseObject({ customer_id: z.guid() })),
      counts: countsSchema.nullish(),
    }),
  );
export type UncheckedCustomer = z.infer<typeof billingBatchSchema>["customers"][number];

/** The facts of a page, all of them sound. */
export const soundCustomersSchema = z.array(customerBillingFactsSchema);

/** The facts of one customer whose services are checked one by one. */
export const uncheckedServicesSchema = customerBillingFactsSchema.extend({
  services: z.array(z.looseObject({ service_id: z.guid() })),
});

export const issuedBatchSchema = z.object({
  issued: count,
  /** Whose facts changed since they were read: none of their invoices was issued. */
  refused_customers: z.array(z.guid()),
  /** Invoices of the run so far, whichever process issued them. */
  run_invoices: count,
});

const billingErrorSchema = z.object({
  /** Null: the run as a whole. */
  customer_id: z.guid().nullable(),
  /** Null: all services of the customer. */
  service_id: z.guid().nullable().default(null),
  message: z.string(),
});
/** Why one service, one customer or the run as a whole could not be billed. */
export type BillingError = z.infer<typeof billingErrorSchema>;

/** How many services are unbilled in each month, by its first day; of how many a run said why. */
export const unbilledMonthsSchema = z.array(
  z.object({ period_start: z.iso.date(), services: count, errors: count }),
);

/** First days of the months to complete, the oldest first. */
export const monthsToCompleteSchema = z.array(z.iso.date());

export const finishedRunSchema = z.object({
  id: z.guid(),
  status: runStatusSchema,
  invoices: count,
  free_months: count,
  waived_cents: cents,
  total_cents: cents,
  skipped: count,
  errors: z.array(billingErrorSchema),
});

/** What a billing run did. Amounts in cents, VAT included, after rewards. */
export interface BillingSummary {
  /** Null for a dry run: it leaves no trace. */
  run_id: string | null;
  /** The cycle, half-open, `YYYY-MM-DD`. */
  period_start: string;
  period_end: string;
  /** Invoices that the run issued, by whichever process. */
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

/** What everything due came to: the cycle, and before it what earlier months had left open. */
export interface BillingReport extends BillingSummary {
  /** Invoices for earlier months. A dry run counts what it would issue. */
  completed: number;
  /** Months of services that still have neither an invoice nor a stated reason. */
  unbilled: number;
}

/** A run that is open, and the work that is left to do on it. */
export interface StartedCycle {
  /** Null for a dry run. */
  run_id: string | null;
  /** The cycle, half-open, `YYYY-MM-DD`. */
  period_start: string;
  period_end: string;
  /** The run was there before: this process helps to complete it. */
  joined: boolean;
  /** Does the work; to be called once. Raises what `runCycle` raises. */
  work(): Promise<BillingSummary>;
}

/** How far a billing run is. */
export interface BillingProgress {
  services_total: number;
  /** Services with an invoice by now, those of earlier runs included. */
  services_done: number;
  errors: number;
}
