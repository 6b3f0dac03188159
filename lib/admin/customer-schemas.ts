import { z } from "zod";
import { serviceSchema, serviceStatusSchema } from "@/lib/invoicing/service";
import { listFields } from "@/lib/paging";
import { rewardSourceSchema, rewardStatusSchema } from "@/lib/rewards/schemas";
import { type ExplainedReferral, explainableReferralSchema } from "./referral-schemas";
import { attemptSchema } from "./review-schemas";

/** Customers as admins see them, on the wire. Times ISO 8601, money in integer cents. */

const count = z.number().int().min(0);
const cents = z.number().int();

const customerRowSchema = z.object({
  id: z.guid(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  referral_code: z.string(),
  created_at: z.string(),
  service_status: serviceStatusSchema.nullable(),
  referrals: count,
  pending_rewards: count,
});
export type CustomerRow = z.infer<typeof customerRowSchema>;
export const customerPageSchema = z.object({
  customers: z.array(customerRowSchema),
  ...listFields,
});

export const adminRewardSchema = z.object({
  id: z.guid(),
  reward_type: z.literal("free_month"),
  status: rewardStatusSchema,
  source: rewardSourceSchema,
  created_at: z.string(),
  expires_at: z.string(),
  expired_at: z.string().nullable(),
  /** Names, null for the system and for former admins. */
  granted_by: z.string().nullable(),
  grant_reason: z.string().nullable(),
  revoked_by: z.string().nullable(),
  revoked_at: z.string().nullable(),
  revoke_reason: z.string().nullable(),
  applied_at: z.string().nullable(),
  amount_waived_cents: cents.nullable(),
  invoice_number: z.string().nullable(),
  /** The friends that fed it. */
  referrals: z.array(z.string()),
});
export type AdminReward = z.infer<typeof adminRewardSchema>;

export const auditEntrySchema = z.object({
  id: z.number().int(),
  created_at: z.string(),
  actor_id: z.guid().nullable(),
  actor_name: z.string().nullable(),
  action: z.string(),
  entity_type: z.string(),
  entity_id: z.string().nullable(),
  reason: z.string().nullable(),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const customerHeaderSchema = z.object({
  id: z.guid(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  referral_code: z.string(),
  created_at: z.string(),
  /** When the personal details were erased on the customer's request. */
  erased_at: z.string().nullable(),
  erasure_asked_at: z.string().nullable(),
  /** How long issued documents keep the buyer after an erasure; no day without documents. */
  documents_kept: z.object({ years: count, until: z.string().nullable() }),
  /** The signed-in admin is this customer, and may change nothing here. */
  is_own_account: z.boolean(),
  /** Whose friend the customer is; null when nobody's. */
  referred_by: z.object({ id: z.guid(), name: z.string() }).nullable(),
  /** Whether a forgotten code can still be attached. */
  can_attach: z.boolean(),
  services: z.array(serviceSchema),
});

export const referralStatsSchema = z.object({
  total_referrals: count,
  active_referrals: count,
  rewards_earned: count,
  rewards_applied: count,
  rewards_pending: count,
});

export const customerHeadSchema = z.object({
  customer: customerHeaderSchema,
  stats: referralStatsSchema,
  /** Free months in every state. */
  rewards_total: count,
});

export const customerReferralsSchema = z.object({
  customer: customerHeaderSchema,
  time_zone: z.string(),
  /** Refused uses of the customer's code, and of codes by the customer; the newest 20. */
  attempts: z.array(attemptSchema),
  referrals: z.array(explainableReferralSchema),
  rewards: z.array(adminRewardSchema),
  audit: z.array(auditEntrySchema),
  stats: referralStatsSchema,
});
type CustomerReferralRows = z.infer<typeof customerReferralsSchema>;
export type CustomerReferrals = Omit<CustomerReferralRows, "referrals" | "time_zone"> & {
  referrals: ExplainedReferral[];
};

export const grantResultSchema = z.object({
  reward_id: z.guid(),
  status: z.literal("pending"),
  manually_granted: z.literal(true),
  /** The first instant at which it is of no more use (ISO 8601). */
  expires_at: z.string(),
  /** How many free months of the customer are used before it. */
  waiting_before: count,
});
/** What a grant does, besides. */
export type GrantEffect = Pick<z.infer<typeof grantResultSchema>, "expires_at" | "waiting_before">;
export const revokeResultSchema = z.object({
  reward_id: z.guid(),
  status: z.literal("revoked"),
  revoked_at: z.string(),
});

export const eraseResultSchema = z.object({ customer_id: z.guid(), erased_at: z.string() });
