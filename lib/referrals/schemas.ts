import { z } from "zod";
import { displayName } from "@/lib/identity/names";
import { orderStatusSchema } from "@/lib/invoicing/service";
import { nextCursorSchema } from "@/lib/paging";
import { publicTermsSchema } from "@/lib/programme/terms";
import type { Explanation } from "./explanation";
import { LONGEST_SHARED_TEXT } from "./referral-code";

/** Referrals on the wire, as customers see them. Times ISO 8601. */

export const referralStatusSchema = z.enum([
  "pending",
  "active",
  "qualified",
  "expired",
  "cancelled",
  "rejected",
]);
export const REFERRAL_STATUSES = referralStatusSchema.options;
export type ReferralStatus = z.infer<typeof referralStatusSchema>;

/** How the code came into the order: through a link, or typed. */
export const referralSourceSchema = z.enum(["link", "typed"]);

/** A referrer is not told of a rejection by a reviewer. */
export const friendStatusSchema = referralStatusSchema.exclude(["rejected"], {
  error: "Use pending, active, qualified, expired or cancelled.",
});

export type FriendStatus = z.infer<typeof friendStatusSchema>;

const count = z.number().int().min(0);

/** The terms that decide when a friend counts, frozen when the friend ordered. */
const frozenTermsSchema = z.object({
  referrals_required: count,
  qualifying_days: count,
  paid_invoices_required: count,
  suspension_grace_days: count,
});
export type FrozenTerms = z.infer<typeof frozenTermsSchema>;

/** A friend as the referrer may see them: name and address masked in the database. */
export const friendSchema = z.object({
  id: z.guid(),
  referred_name: z.string(),
  referred_email: z.string(),
  status: friendStatusSchema,
  status_reason: z.string().nullable(),
  referred_at: z.string(),
  activation_due_at: z.string(),
  activated_at: z.string().nullable(),
  qualifies_at: z.string().nullable(),
  qualified_at: z.string().nullable(),
  expired_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  reward_id: z.guid().nullable(),
  order_status: orderStatusSchema,
  /** The version of the programme's terms that holds for this friend. */
  terms_version: z.number().int(),
  terms: frozenTermsSchema,
  suspended_at: z.string().nullable(),
  grace_ends_at: z.string().nullable(),
  paid_invoices: count,
  unpaid_due_on: z.string().nullable(),
});
/** What decides where a friend stands, without who they are. */
export const friendFactsSchema = friendSchema.omit({
  id: true,
  referred_name: true,
  referred_email: true,
  referred_at: true,
  terms_version: true,
});
export type FriendRow = z.infer<typeof friendSchema>;
/** A friend with the answer to "why not yet?" of that moment. */
export type Friend = FriendRow & { explanation: Explanation };

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

export const referralOverviewSchema = z.object({
  referral_code: z.string(),
  stats: referralStatsSchema,
  reward_balance: count,
  open_friends: z.array(friendSchema),
  terms: publicTermsSchema,
  time_zone: z.string(),
});

export const referralPageSchema = z.object({
  referrals: z.array(friendSchema),
  stats: referralStatsSchema,
  time_zone: z.string(),
  next_cursor: nextCursorSchema,
});

/** A code, a link or a whole message with one. Without text it is refused with the message. */
export const sharedCodeSchema = (message: string) =>
  z
    .string({ error: message })
    .trim()
    .min(1, message)
    .transform((text) => text.slice(0, LONGEST_SHARED_TEXT).toWellFormed());

/** `valid: false` looks the same for every reason. */
export const codeCheckSchema = z.discriminatedUnion("valid", [
  z.object({
    valid: z.literal(true),
    code: z.string(),
    referrer_first_name: z.string().transform(displayName),
  }),
  /** The standing is told to the signed-in person alone: the code is theirs, or they are a customer. */
  z.object({
    valid: z.literal(false),
    standing: z.enum(["own_code", "customer"]).optional(),
  }),
]);
export type CodeCheck = z.infer<typeof codeCheckSchema>;

/** What an invitation is to the person who is signed in; `prospect`: it may apply to them. */
export const invitationStandingSchema = z.object({
  standing: z.enum(["own_code", "customer", "prospect"]),
});
export type InvitationStanding = z.infer<typeof invitationStandingSchema>["standing"];

/** Why a customer's code cannot be used now: no active service, or an overdue invoice. */
export const referralObstacleSchema = z.enum(["inactive", "overdue"]);
export type ReferralObstacle = z.infer<typeof referralObstacleSchema>;

/** What became of somebody's word that a customer invited them. */
export const claimStatusSchema = z.enum(["open", "confirmed", "declined", "accepted", "rejected"], {
  error: "Use open, confirmed, declined, accepted or rejected.",
});

/** What a customer said about a forgotten code, while it is not decided. */
export const ownClaimSchema = z.object({
  status: z.enum(["open", "confirmed"]),
  referral_code: z.string(),
  created_at: z.string(),
});
export type OwnClaim = z.infer<typeof ownClaimSchema>;
