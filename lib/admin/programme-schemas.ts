import { z } from "zod";
import { runStatusSchema } from "@/lib/billing/schemas";
import { programTermsSchema } from "@/lib/programme/terms";
import { switchNameSchema } from "@/lib/switches";

/** The programme's terms and figures as admins see them, on the wire. Times ISO 8601, money in cents. */

const count = z.number().int().min(0);
const cents = z.number().int();

export const programVersionSchema = programTermsSchema.extend({
  reason: z.string(),
  created_at: z.string(),
  created_by_name: z.string().nullish(),
});

const switchStateSchema = z.object({
  name: switchNameSchema,
  is_on: z.boolean(),
  /** The last change; null while there was none. */
  reason: z.string().nullable(),
  changed_at: z.string().nullable(),
  changed_by_name: z.string().nullable(),
});
export type SwitchState = z.infer<typeof switchStateSchema>;

export const switchChangeSchema = z.object({ name: switchNameSchema, is_on: z.boolean() });

export const programSchema = z.object({
  current: programVersionSchema,
  switches: z.array(switchStateSchema),
  versions: z.array(programVersionSchema),
  brand_name: z.string(),
  currency: z.string(),
});
export type Program = z.infer<typeof programSchema>;

const figures = z.object({
  visits: count,
  orders: count,
  /** What became of the orders of the period, until now. */
  orders_active: count,
  orders_qualified: count,
  /** What happened in the period, whenever it was ordered. */
  active: count,
  qualified: count,
  referrers: count,
  rewards_granted: count,
  rewards_pending: count,
  rewards_applied: count,
  waived_cents: cents,
  flagged: count,
});
export type ProgramFigures = z.infer<typeof figures>;

export const metricsSchema = z.object({
  from: z.string(),
  to: z.string(),
  current: figures,
  previous: figures,
  weekly: z.array(z.object({ week_start: z.string(), referrals: count, qualified: count })),
  top_referrers: z.array(
    z.object({ id: z.guid(), name: z.string(), referrals: count, qualified: count }),
  ),
  queues: z.object({ review: count, orders: count, failed_mails: count, queued_mails: count }),
  last_billing_run: z
    .object({
      id: z.guid(),
      period_start: z.string(),
      period_end: z.string(),
      status: runStatusSchema,
      invoices: count,
      free_months: count,
      waived_cents: cents,
      total_cents: cents,
      started_at: z.string(),
      finished_at: z.string().nullable(),
    })
    .nullable(),
});
export type Metrics = z.infer<typeof metricsSchema>;
