import { z } from "zod";
import { type AccountSummary, accountSummarySchema } from "@/lib/invoicing/account";
import { type CustomerService, serviceSchema } from "@/lib/invoicing/service";
import { standingFields } from "@/lib/invoicing/standing";
import { billingSettingsSchema } from "@/lib/programme/billing-settings";
import { publicTermsSchema } from "@/lib/programme/terms";
import type { Progress } from "@/lib/referrals/progress";
import {
  type Friend,
  friendSchema,
  type OwnClaim,
  ownClaimSchema,
  type ReferralObstacle,
  type ReferralStats,
  referralObstacleSchema,
  referralStatsSchema,
} from "@/lib/referrals/schemas";
import type { RewardExplanation } from "@/lib/rewards/explain-reward";
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

/** An invoice in a list, and how it stands. */
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
  ...standingFields,
});
export type InvoiceSummary = z.infer<typeof invoiceSummarySchema>;

/** Somebody who says that this customer invited them. The name is masked. */
const claimToAnswerSchema = z.object({
  id: z.guid(),
  name: z.string(),
  created_at: z.string(),
});
export type ClaimToAnswer = z.infer<typeof claimToAnswerSchema>;

/** The question about a free month that was used on an invoice; `score` is null until it is answered. */
export const surveySchema = z.object({
  invoice_number: z.string(),
  period_start: z.string(),
  applied_at: z.string(),
  score: z.number().int().nullable(),
});
export type Survey = z.infer<typeof surveySchema>;

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
  /** What is owed, and how to pay it. */
  account: accountSummarySchema,
  /** Why the customer's e-mail address gets no mails; null when it does. */
  mail_problem: z
    .object({ cause: z.enum(["bounced", "soft_bounces", "complained"]), since: z.string() })
    .nullable(),
  /** Why the customer's code cannot be used now; null when it can. */
  referral_obstacle: referralObstacleSchema.nullable(),
  /** Live referrals that the customer made in this calendar month. */
  referrals_this_month: z.number().int().min(0),
  /** Friends under way, and counted ones that no free month has used yet. */
  open_friends: z.array(friendSchema),
  /** People who say that this customer invited them, to be confirmed. */
  claims: z.array(claimToAnswerSchema),
  /** Whether the customer can still say who invited them. */
  can_claim: z.boolean(),
  /** The free month that the customer is asked about. */
  survey: surveySchema.nullable(),
  /** What they said, while it is not decided. */
  own_claim: ownClaimSchema.nullable(),
  stats: referralStatsSchema,
  friends: z.array(friendSchema),
  pending_rewards: z.array(pendingRewardSchema),
  applied_rewards: z.array(appliedRewardSchema),
  /** What all used free months saved. */
  saved_cents: z.number().int().min(0),
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
  /** Each with where it is and why. */
  pending_rewards: (PendingReward & { explanation: RewardExplanation })[];
  /** The newest ones. */
  applied_rewards: AppliedReward[];
  /** What all used free months saved. */
  saved_cents: number;
  next_invoice: NextInvoice | null;
  /** First day (`YYYY-MM-DD`) of the cycle whose invoice the next free month lowers; else null. */
  next_free_month: string | null;
  /** Where the next free month stands, by the terms of each friend. */
  progress: Progress;
  /** Live referrals of this calendar month, and how many it takes at most. */
  month: { used: number; limit: number; next_month: string };
  /** The terms in force, which hold for friends who are still to come. */
  referrals_required: number;
  qualifying_days: number;
  paid_invoices_required: number;
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
  account: AccountSummary;
  mail_problem: z.infer<typeof dashboardDocumentSchema>["mail_problem"];
  referral_obstacle: ReferralObstacle | null;
  support_email: string;
  claims: ClaimToAnswer[];
  can_claim: boolean;
  survey: Survey | null;
  own_claim: OwnClaim | null;
  widget: ReferralWidgetData;
}
