import { z } from "zod";
import { runStatusSchema } from "@/lib/billing/schemas";

/** The programme's figures as admins see them, on the wire. Times ISO 8601, days `YYYY-MM-DD`, money in cents. */

const count = z.number().int().min(0);
const cents = z.number().int();

const figures = z.object({
  visits: count,
  /** Referred orders that were placed on these days, and what became of them until now. */
  orders: count,
  orders_active: count,
  orders_paid: count,
  orders_qualified: count,
  /** Orders of these days that can still qualify. */
  orders_under_way: count,
  flagged: count,
  /** Share of the orders with a fraud flag, in basis points; null without orders. */
  flag_bps: count.nullable(),
  /** What happened on these days, whenever it was ordered. */
  active: count,
  qualified: count,
  rewards_granted: count,
  rewards_earned: count,
  rewards_given: count,
  rewards_applied: count,
  waived_cents: cents,
  earned_waived_cents: cents,
  given_waived_cents: cents,
  /** At the end of the last day. */
  rewards_pending: z.number().int(),
  active_customers: z.number().int(),
  /** Friends who became active on these days per customer who was active at their end. */
  k_factor: z.number().nullable(),
  /** What earned free months of the friends who ordered on these days took off invoices. */
  cohort_cost_cents: cents,
  /** Friends of these orders who count and whose free month is not used yet. */
  cohort_unused: count,
  cost_per_qualified_cents: cents.nullable(),
});
export type Figures = z.infer<typeof figures>;

const step = z.object({ friends: count, median_days: z.number().int() });

export const CHANNELS = [
  "whatsapp",
  "link",
  "qr",
  "typed",
  "email",
  "sms",
  "share",
  "admin",
] as const;

const fate = { orders: count, activated: count, qualified: count, under_way: count };

export const metricsSchema = z.object({
  as_of: z.string(),
  time_zone: z.string(),
  currency: z.string(),
  /** The beginning of the first day, and the end of the last one. */
  from: z.string(),
  to: z.string(),
  first_day: z.string(),
  last_day: z.string(),
  days: z.number().int(),
  includes_today: z.boolean(),
  /** False while changes of other days still have to be counted. */
  is_current: z.boolean(),
  compare: z.enum(["previous", "year", "none"]),
  previous_first_day: z.string().nullable(),
  previous_last_day: z.string().nullable(),
  /** By the terms in force. */
  qualifying_days: z.number().int(),
  current: figures,
  previous: figures.nullable(),
  bars: z.object({
    unit: z.enum(["day", "week"]),
    items: z.array(
      z.object({
        start: z.string(),
        /** How many of the bar's days are in the period. */
        days: z.number().int(),
        whole_days: z.number().int(),
        orders: count,
        qualified: count,
        under_way: count,
      }),
    ),
  }),
  /** Median calendar days of each step, among those that were taken on these days. */
  steps: z.object({
    ordered: step.optional(),
    activated: step.optional(),
    qualified: step.optional(),
    used: step.optional(),
  }),
  channels: z.array(z.object({ channel: z.enum(CHANNELS), visits: count, ...fate })),
  packages: z.array(z.object({ id: z.guid(), name: z.string(), paid: count, ...fate })),
  cohorts: z.array(
    z.object({
      month: z.string(),
      /** False: first orders of customers whom nobody referred. */
      is_referred: z.boolean(),
      /** How many days of the month are counted. */
      days: z.number().int(),
      paid: count,
      ...fate,
      /** `of`: activated customers for whom that day has come. */
      kept: z.array(z.object({ months: z.number().int(), of: count, kept: count })),
    }),
  ),
  liability: z.object({
    as_of: z.string(),
    rewards: count,
    value_cents: cents,
    expiring: z.array(z.object({ month: z.string(), rewards: count, value_cents: cents })),
  }),
  queues: z.object({
    review: count,
    orders_pending: count,
    orders_installing: count,
    failed_mails: count,
    queued_mails: count,
  }),
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

export const topReferrersSchema = z.object({
  /** How many customers referred somebody. */
  referrers: count,
  top: z.array(z.object({ id: z.guid(), name: z.string(), referrals: count, qualified: count })),
});
export type TopReferrers = z.infer<typeof topReferrersSchema>;
