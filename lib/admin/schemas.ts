import { z } from "zod";
import { programTermsSchema } from "@/lib/programme/terms";
import { referralStatusSchema, serviceSchema } from "@/lib/referrals/schemas";

/** What admins see, on the wire. Times ISO 8601, money in cents. */

const nextCursor = z.object({ at: z.string(), id: z.guid() }).nullable();
const count = z.number().int().min(0);
const money = z.number().int();
const person = z.object({ id: z.guid(), name: z.string(), email: z.string() });

export const customerRowSchema = z.object({
  id: z.guid(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  referral_code: z.string(),
  created_at: z.string(),
  service_status: z.enum(["pending", "active", "suspended", "cancelled"]).nullable(),
  referrals: count,
  pending_rewards: count,
});
export type CustomerRow = z.infer<typeof customerRowSchema>;
export const customerPageSchema = z.object({
  customers: z.array(customerRowSchema),
  next_cursor: nextCursor,
});

export const flagSchema = z.object({
  id: z.guid(),
  signal: z.string(),
  severity: z.enum(["flag", "hold"]),
  weight: z.number().int(),
  status: z.enum(["open", "cleared", "rejected"]),
});

export const adminReferralSchema = z.object({
  id: z.guid(),
  referrer: person.extend({ referral_code: z.string() }),
  referred: person,
  order_id: z.guid(),
  status: referralStatusSchema,
  status_reason: z.string().nullable(),
  source: z.enum(["link", "typed", "admin"]),
  referral_code: z.string(),
  program_version: z.number().int(),
  referred_at: z.string(),
  activated_at: z.string().nullable(),
  qualifies_at: z.string().nullable(),
  qualified_at: z.string().nullable(),
  expired_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  rejected_at: z.string().nullable(),
  reward_id: z.guid().nullable(),
  flags: z.array(flagSchema),
});
export type AdminReferral = z.infer<typeof adminReferralSchema>;
export const adminReferralPageSchema = z.object({
  referrals: z.array(adminReferralSchema),
  next_cursor: nextCursor,
});

export const adminRewardSchema = z.object({
  id: z.guid(),
  reward_type: z.literal("free_month"),
  status: z.enum(["pending", "applied", "expired", "revoked"]),
  source: z.enum(["earned", "manual"]),
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
  amount_waived_cents: money.nullable(),
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

export const customerReferralsSchema = z.object({
  customer: z.object({
    id: z.guid(),
    name: z.string(),
    email: z.string(),
    phone: z.string().nullable(),
    referral_code: z.string(),
    created_at: z.string(),
    /** When the personal details were erased on the customer's request. */
    erased_at: z.string().nullable(),
    /** The signed-in admin is this customer, and may change nothing here. */
    is_own_account: z.boolean(),
    services: z.array(serviceSchema),
  }),
  referrals: z.array(adminReferralSchema),
  rewards: z.array(adminRewardSchema),
  audit: z.array(auditEntrySchema),
  stats: z.object({
    total_referrals: count,
    active_referrals: count,
    rewards_earned: count,
    rewards_applied: count,
    rewards_pending: count,
  }),
});
export type CustomerReferrals = z.infer<typeof customerReferralsSchema>;

export const orderRowSchema = z.object({
  id: z.guid(),
  status: z.enum(["pending", "installing", "active", "cancelled"]),
  created_at: z.string(),
  activated_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  cancel_reason: z.string().nullable(),
  referral_code: z.string().nullable(),
  referral_outcome: z.enum(["recorded", "not_applied", "none"]),
  referral_reason: z.string().nullable(),
  customer: person,
  package_name: z.string(),
  referrer: z.object({ id: z.guid(), name: z.string() }).nullable(),
  service: serviceSchema
    .extend({
      /** The local day from which a package changed now would be charged; null once cancelled. */
      price_change_on: z.iso.date().nullable(),
    })
    .nullable(),
});
export type OrderRow = z.infer<typeof orderRowSchema>;
export const orderPageSchema = z.object({
  orders: z.array(orderRowSchema),
  next_cursor: nextCursor,
});

export const packageChangeSchema = serviceSchema.extend({
  /** The first local day that is charged at the new price. */
  effective_on: z.iso.date(),
});

const address = z
  .object({
    line1: z.string(),
    line2: z.string().nullish(),
    suburb: z.string().nullish(),
    city: z.string(),
    postal_code: z.string(),
  })
  .partial()
  .nullable();

export const reviewItemSchema = adminReferralSchema.extend({
  flagged_at: z.string(),
  score: count,
  open_flags: z.array(
    z.object({
      id: z.guid(),
      signal: z.string(),
      severity: z.enum(["flag", "hold"]),
      weight: z.number().int(),
      evidence: z.record(z.string(), z.unknown()),
      created_at: z.string(),
    }),
  ),
  referrer_details: z.object({ phone: z.string().nullable(), address, customer_since: z.string() }),
  referred_details: z.object({
    phone: z.string().nullable(),
    address,
    customer_since: z.string(),
    ip_address: z.string().nullable(),
    user_agent: z.string().nullable(),
  }),
});
export type ReviewItem = z.infer<typeof reviewItemSchema>;
export const reviewQueueSchema = z.object({
  queue: z.array(reviewItemSchema),
  next_cursor: nextCursor,
  open: count,
});

export const decisionSchema = z.object({
  referral_id: z.guid(),
  referrer_id: z.guid(),
  decision: z.enum(["clear", "reject"]),
  status: referralStatusSchema,
  rewards_granted: count,
});

export const notificationRowSchema = z.object({
  id: z.guid(),
  template: z.string(),
  recipient: z.string(),
  customer_id: z.guid().nullable(),
  /** Cancelled: owed to somebody whose details were erased. */
  status: z.enum(["queued", "sending", "sent", "captured", "failed", "cancelled"]),
  attempts: count,
  subject: z.string().nullable(),
  last_error: z.string().nullable(),
  created_at: z.string(),
  sent_at: z.string().nullable(),
  next_attempt_at: z.string(),
});
export type NotificationRow = z.infer<typeof notificationRowSchema>;
export const notificationPageSchema = z.object({
  notifications: z.array(notificationRowSchema),
  next_cursor: nextCursor,
});
export const notificationSchema = notificationRowSchema.extend({
  payload: z.record(z.string(), z.unknown()),
  html: z.string().nullable(),
  text_body: z.string().nullable(),
});

export const programVersionSchema = programTermsSchema.extend({
  reason: z.string(),
  created_at: z.string(),
  created_by_name: z.string().nullish(),
});
export const programSchema = z.object({
  current: programVersionSchema,
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
  waived_cents: money,
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
      status: z.enum(["running", "completed", "failed"]),
      invoices: count,
      free_months: count,
      waived_cents: money,
      total_cents: money,
      started_at: z.string(),
      finished_at: z.string().nullable(),
    })
    .nullable(),
});
export type Metrics = z.infer<typeof metricsSchema>;

export const grantResultSchema = z.object({
  reward_id: z.guid(),
  status: z.literal("pending"),
  manually_granted: z.literal(true),
});
export const revokeResultSchema = z.object({
  reward_id: z.guid(),
  status: z.literal("revoked"),
  revoked_at: z.string(),
});

export const eraseResultSchema = z.object({ customer_id: z.guid(), erased_at: z.string() });

/** 3 to 500 characters after trimming; kept as given. */
export const reasonSchema = z
  .string({ error: "Give a reason." })
  .trim()
  .min(3, "Give a reason of at least 3 characters.")
  .max(500, "Keep the reason within 500 characters.");
