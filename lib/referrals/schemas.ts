import { z } from "zod";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import { publicTermsSchema } from "@/lib/programme/terms";

/** What referrals, rewards and balances look like on the wire, to customers. */

export const referralStatusSchema = z.enum([
  "pending",
  "active",
  "qualified",
  "expired",
  "cancelled",
  "rejected",
]);

/** A friend as the referrer may see them: name and address masked in the database. */
export const friendSchema = z.object({
  id: z.guid(),
  referred_name: z.string(),
  referred_email: z.string(),
  status: z.enum(["pending", "active", "qualified", "expired", "cancelled"]),
  status_reason: z.string().nullable(),
  referred_at: z.string(),
  activation_due_at: z.string(),
  activated_at: z.string().nullable(),
  qualifies_at: z.string().nullable(),
  qualified_at: z.string().nullable(),
  expired_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  reward_id: z.guid().nullable(),
});
export type Friend = z.infer<typeof friendSchema>;

const count = z.number().int().min(0);

export const referralStatsSchema = z.object({
  total: count,
  pending: count,
  active: count,
  qualified: count,
  expired: count,
  cancelled: count,
  /** Counted friends that no reward has used yet. */
  qualified_unused: count,
});
export type ReferralStats = z.infer<typeof referralStatsSchema>;

export const pendingRewardSchema = z.object({
  id: z.guid(),
  reward_type: z.literal("free_month"),
  status: z.literal("pending"),
  source: z.enum(["earned", "manual"]),
  created_at: z.string(),
  expires_at: z.string(),
});
export type PendingReward = z.infer<typeof pendingRewardSchema>;

export const appliedRewardSchema = z.object({
  id: z.guid(),
  applied_at: z.string(),
  invoice_number: z.string(),
  amount_waived_cents: z.number().int(),
  period_start: z.string(),
});
export type AppliedReward = z.infer<typeof appliedRewardSchema>;

/** A price that a service had before its current one. */
export const earlierPriceSchema = z.object({
  /** It counted on the local days before this one (`YYYY-MM-DD`). */
  until: z.iso.date(),
  package_name: z.string(),
  /** Monthly, in cents including VAT. */
  price_cents: count,
});

/** Facts for the next-invoice preview, for whichever cycle comes next. */
export const previewFactsSchema = z.object({
  customer_id: z.guid(),
  rewards: z.array(
    z.object({
      id: z.guid(),
      expires_at: z.string(),
      created_at: z.string(),
      cap_cents: z.number().int().nullable(),
    }),
  ),
  free_month_periods: z.array(z.string()),
  services: z.array(
    z.object({
      service_id: z.guid(),
      package_name: z.string(),
      price_cents: z.number().int(),
      activated_at: z.string().nullable(),
      status: z.enum(["pending", "active", "suspended", "cancelled"]),
      ended_at: z.string().nullable(),
      earlier_prices: z.array(earlierPriceSchema),
      invoiced_periods: z.array(z.string()),
    }),
  ),
});
export type PreviewFacts = z.infer<typeof previewFactsSchema>;

/** The customer's next invoice as it would be issued now. Amounts in cents, VAT included. */
export const nextInvoiceSchema = z.object({
  period_start: z.string(),
  period_end: z.string(),
  charge_cents: z.number().int(),
  waived_cents: z.number().int(),
  amount_due_cents: z.number().int(),
});
export type NextInvoice = z.infer<typeof nextInvoiceSchema>;

export const referralOverviewSchema = z.object({
  referral_code: z.string(),
  stats: referralStatsSchema,
  reward_balance: count,
  terms: publicTermsSchema,
});

export const referralPageSchema = z.object({
  referrals: z.array(friendSchema),
  stats: referralStatsSchema,
  next_cursor: z.object({ at: z.string(), id: z.guid() }).nullable(),
});

export const balanceSchema = z.object({
  pending_rewards: z.array(pendingRewardSchema),
  applied_rewards: z.array(appliedRewardSchema),
  facts: previewFactsSchema,
  settings: billingSettingsSchema,
});

/** `valid: false` looks the same for every reason. */
export const codeCheckSchema = z.discriminatedUnion("valid", [
  z.object({ valid: z.literal(true), code: z.string(), referrer_first_name: z.string() }),
  z.object({ valid: z.literal(false) }),
]);
export type CodeCheck = z.infer<typeof codeCheckSchema>;

export const serviceSchema = z.object({
  id: z.guid(),
  customer_id: z.guid(),
  order_id: z.guid().nullable(),
  status: z.enum(["pending", "active", "suspended", "cancelled"]),
  package_name: z.string(),
  monthly_price_cents: z.number().int(),
  /** What is charged for the days before `until` while a change of the price lies ahead. */
  earlier_price: earlierPriceSchema.omit({ package_name: true }).nullable(),
  activated_at: z.string().nullable(),
  suspended_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
});
export type CustomerService = z.infer<typeof serviceSchema>;

export const invoiceSummarySchema = z.object({
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
  /** Of any age; while there is one, the customer's code cannot be used. */
  has_overdue_invoice: z.boolean(),
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
  has_overdue_invoice: boolean;
  support_email: string;
  widget: ReferralWidgetData;
}
