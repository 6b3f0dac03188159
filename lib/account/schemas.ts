import { z } from "zod";
import { type CustomerService, serviceSchema } from "@/lib/invoicing/service";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import { publicTermsSchema } from "@/lib/programme/terms";
import {
  type Friend,
  friendSchema,
  type ReferralObstacle,
  type ReferralStats,
  referralObstacleSchema,
  referralStatsSchema,
} from "@/lib/referrals/schemas";
import {
  type AppliedReward,
  appliedRewardSchema,
  type NextInvoice,
  type PendingReward,
  pendingRewardSchema,
  previewFactsSchema,
} from "@/lib/rewards/schemas";

/** What a customer sees of their account, on the wire. Times ISO 8601, money in integer cents. */

export const balanceSchema = z.object({
  pending_rewards: z.array(pendingRewardSchema),
  applied_rewards: z.array(appliedRewardSchema),
  facts: previewFactsSchema,
  settings: billingSettingsSchema,
});

const invoiceSummarySchema = z.object({
  invoice_number: z.string(),
  period_start: z.string(),
  period_end: z.string(),
  issued_at: z.string(),
  due_on: z.string(),
  total_cents: z.number().int(),
  amount_due_cents: z.number().int(),
  is_free_month: z.boolean(),
  amount_waived_cents: z.number().int(),
  currency: z.string(),
  /** Taken back by credit notes, VAT included. */
  credited_cents: z.number().int(),
  is_paid: z.boolean(),
});
export type InvoiceSummary = z.infer<typeof invoiceSummarySchema>;

/** What `get_my_dashboard` returns. */
export const dashboardDocumentSchema = z.object({
  customer: z.object({
    id: z.guid(),
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    referral_code: z.string(),
  }),
  services: z.array(serviceSchema),
  invoices: z.array(invoiceSummarySchema),
  /** Why the customer's code cannot be used now; null when it can. */
  referral_obstacle: referralObstacleSchema.nullable(),
  stats: referralStatsSchema,
  friends: z.array(friendSchema),
  pending_rewards: z.array(pendingRewardSchema),
  applied_rewards: z.array(appliedRewardSchema),
  facts: previewFactsSchema,
  settings: billingSettingsSchema,
  terms: publicTermsSchema,
});

/** Everything the referral widget shows. Plain data: it crosses to the browser and back as JSON. */
export interface ReferralWidgetData {
  /** False: the kill switch is on, or the programme is paused. */
  enabled: boolean;
  referral_code: string;
  referral_link: string;
  stats: ReferralStats;
  friends: Friend[];
  pending_rewards: PendingReward[];
  applied_rewards: AppliedReward[];
  next_invoice: NextInvoice | null;
  /** Qualified friends towards the next free month, how many it takes, and the sentence for people. */
  progress: { qualified: number; required: number; sentence: string };
  qualifying_days: number;
  reward_expiry_months: number;
  currency: string;
  time_zone: string;
  brand_name: string;
  /** The instant of this answer, ISO 8601. */
  as_of: string;
}

/** Everything the dashboard shows. */
export interface Dashboard {
  customer: z.infer<typeof dashboardDocumentSchema>["customer"];
  services: CustomerService[];
  invoices: InvoiceSummary[];
  referral_obstacle: ReferralObstacle | null;
  support_email: string;
  widget: ReferralWidgetData;
}
