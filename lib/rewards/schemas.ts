import { z } from "zod";
import { serviceFactsSchema } from "@/lib/invoicing/service";

/** Free months on the wire. Times ISO 8601, money in integer cents including VAT. */

export const rewardStatusSchema = z.enum(["pending", "applied", "expired", "revoked"]);
export const rewardSourceSchema = z.enum(["earned", "manual"]);

const cents = z.number().int();
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "Not an instant");

export const pendingRewardSchema = z.object({
  id: z.guid(),
  reward_type: z.literal("free_month"),
  status: z.literal(rewardStatusSchema.enum.pending),
  source: rewardSourceSchema,
  created_at: z.string(),
  expires_at: z.string(),
});
export type PendingReward = z.infer<typeof pendingRewardSchema>;

export const appliedRewardSchema = z.object({
  id: z.guid(),
  applied_at: z.string(),
  invoice_number: z.string(),
  amount_waived_cents: cents,
  period_start: z.string(),
});
export type AppliedReward = z.infer<typeof appliedRewardSchema>;

/** A pending reward, as far as choosing one needs to know it. */
export const availableRewardSchema = z.object({
  id: z.guid(),
  /** The reward is unusable from this instant on. */
  expires_at: instant,
  created_at: instant,
  /** Ceiling of this free month in cents including VAT; null for none. */
  cap_cents: cents.min(1).nullable(),
  source: rewardSourceSchema,
  /** As the terms said when it was granted. */
  vat_treatment: z.enum(["discount", "consideration"]),
});
export type AvailableReward = z.infer<typeof availableRewardSchema>;

/** Facts for the preview of the next invoice, for whichever cycle comes next. */
export const previewFactsSchema = z.object({
  customer_id: z.guid(),
  rewards: z.array(availableRewardSchema),
  /** First days (`YYYY-MM-DD`) of the cycles that have a free month already. */
  free_month_periods: z.array(z.string()),
  /** The dearest whole month that is invoiced in a cycle (`YYYY-MM-DD`, its first day), in cents. */
  invoiced_months: z.array(z.object({ period_start: z.string(), charge_cents: cents })),
  services: z.array(
    serviceFactsSchema.omit({ already_invoiced: true, revision: true }).extend({
      /** First days (`YYYY-MM-DD`) of the cycles that have their invoice already. */
      invoiced_periods: z.array(z.string()),
    }),
  ),
});
export type PreviewFacts = z.infer<typeof previewFactsSchema>;

/** The customer's next invoice as it would be issued now. */
const nextInvoiceSchema = z.object({
  period_start: z.string(),
  period_end: z.string(),
  charge_cents: cents,
  waived_cents: cents,
  /** What the free month is called on the invoice; null without one. */
  waived_as: z.string().nullable(),
  amount_due_cents: cents,
});
export type NextInvoice = z.infer<typeof nextInvoiceSchema>;
