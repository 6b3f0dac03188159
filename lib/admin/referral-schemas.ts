import { z } from "zod";
import { severitySchema } from "@/lib/fraud/fraud-signals";
import { listFields } from "@/lib/paging";
import type { Explanation } from "@/lib/referrals/explanation";
import {
  claimStatusSchema,
  friendSchema,
  referralSourceSchema,
  referralStatusSchema,
} from "@/lib/referrals/schemas";
import { personSchema } from "./person";

/** Referrals and their review as admins see them, on the wire. Times ISO 8601. */

const flagSchema = z.object({
  id: z.guid(),
  signal: z.string(),
  severity: severitySchema,
  weight: z.number().int(),
  status: z.enum(["open", "cleared", "rejected"]),
});

export const adminReferralSchema = z.object({
  id: z.guid(),
  referrer: personSchema.extend({ referral_code: z.string() }),
  referred: personSchema,
  order_id: z.guid(),
  status: referralStatusSchema,
  status_reason: z.string().nullable(),
  source: z.enum([...referralSourceSchema.options, "admin"]),
  referral_code: z.string(),
  program_version: z.number().int(),
  referred_at: z.string(),
  activated_at: z.string().nullable(),
  qualifies_at: z.string().nullable(),
  qualified_at: z.string().nullable(),
  expired_at: z.string().nullable(),
  activation_due_at: z.string(),
  cancelled_at: z.string().nullable(),
  rejected_at: z.string().nullable(),
  reward_id: z.guid().nullable(),
  flags: z.array(flagSchema),
});
export type AdminReferral = z.infer<typeof adminReferralSchema>;
export const adminReferralPageSchema = z.object({
  referrals: z.array(adminReferralSchema),
  ...listFields,
});
/** With what says why the friend has not counted yet. */
export const explainableReferralSchema = adminReferralSchema.extend({ facts: friendSchema });
export const explainablePageSchema = z.object({
  referrals: z.array(explainableReferralSchema),
  time_zone: z.string(),
  ...listFields,
});
/** A referral with the answer to "why not yet?", and a reply for the referrer to copy. */
export type ExplainedReferral = AdminReferral & { explanation: Explanation; reply: string };

/** Somebody says that another customer invited them, and that the code was forgotten. */
const adminClaimSchema = z.object({
  id: z.guid(),
  status: claimStatusSchema,
  referral_code: z.string(),
  created_at: z.string(),
  answered_at: z.string().nullable(),
  decided_at: z.string().nullable(),
  decided_by: z.string().nullable(),
  decision_reason: z.string().nullable(),
  referral_id: z.guid().nullable(),
  customer: personSchema,
  referrer: personSchema,
});
export type AdminClaim = z.infer<typeof adminClaimSchema>;
export type ClaimStatus = z.infer<typeof claimStatusSchema>;
export const claimPageSchema = z.object({
  claims: z.array(adminClaimSchema),
  ...listFields,
});
