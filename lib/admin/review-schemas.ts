import { z } from "zod";
import { severitySchema } from "@/lib/fraud/fraud-signals";
import { listFields } from "@/lib/paging";
import { referralStatusSchema } from "@/lib/referrals/schemas";
import { adminReferralSchema } from "./referral-schemas";

/** The review of flagged referrals, on the wire. Times ISO 8601. */

const count = z.number().int().min(0);
const named = z.object({ id: z.guid(), name: z.string() });

export const claimSchema = z.object({
  reviewer_id: z.guid(),
  reviewer_name: z.string().nullable(),
  is_own: z.boolean(),
  claimed_at: z.string(),
  expires_at: z.string(),
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

const reviewItemSchema = adminReferralSchema.extend({
  flagged_at: z.string(),
  score: count,
  /** Whether a signal keeps the referral from feeding a reward. */
  is_hold: z.boolean(),
  claim: claimSchema.nullable(),
  open_flags: z.array(
    z.object({
      id: z.guid(),
      signal: z.string(),
      severity: severitySchema,
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
  ...listFields,
  open: count,
  /** Those with a signal that holds. */
  holds: count,
  oldest_hold_at: z.string().nullable(),
  appeals: z.array(
    z.object({
      referral_id: z.guid(),
      asked_at: z.string(),
      due_at: z.string(),
      is_overdue: z.boolean(),
      referrer: z.object({ id: z.guid(), name: z.string() }),
    }),
  ),
});

export const reviewDecisionSchema = z.enum(["clear", "reject"], {
  error: "Use clear or reject.",
});
export type ReviewDecision = z.infer<typeof reviewDecisionSchema>;

export const decidedReviewSchema = z.object({
  referral_id: z.guid(),
  decision: reviewDecisionSchema,
  status: referralStatusSchema,
  /** Free months that became due with the decision. */
  rewards_granted: count,
  /** Until when the same reviewer can take the decision back. */
  undo_until: z.string(),
});
export type DecidedReview = z.infer<typeof decidedReviewSchema>;

const partySchema = z.object({
  id: z.guid(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  address,
  customer_since: z.string(),
  referral_code: z.string(),
  /** Where their orders came from, newest first. */
  networks: z.array(
    z.object({ ip_address: z.string(), user_agent: z.string().nullable(), at: z.string() }),
  ),
});
export type ReviewParty = z.infer<typeof partySchema>;

const appealSchema = z.object({
  id: z.guid(),
  status: z.enum(["open", "upheld", "dismissed"]),
  reason: z.string(),
  asked_at: z.string(),
  due_at: z.string(),
  decided_at: z.string().nullable(),
  decided_by_name: z.string().nullable(),
  decision_reason: z.string().nullable(),
});

export const attemptSchema = z.object({
  id: z.guid(),
  at: z.string(),
  reason: z.string(),
  referral_code: z.string(),
  order_id: z.guid(),
  customer: named.nullable(),
  /** How many other refused attempts came from the same phone and network. */
  same_as: z.object({ phone: count, network: count }).nullable(),
});

export type RefusedAttempt = z.infer<typeof attemptSchema>;

/** One case with everything that is known about it. */
export const reviewCaseSchema = adminReferralSchema.extend({
  score: count,
  signals: z.array(
    z.object({
      id: z.guid(),
      signal: z.string(),
      severity: severitySchema,
      weight: count,
      evidence: z.record(z.string(), z.unknown()),
      status: z.enum(["open", "cleared", "rejected", "shadow"]),
      created_at: z.string(),
    }),
  ),
  referrer_party: partySchema,
  referred_party: partySchema,
  matched: z.array(
    partySchema.extend({
      signals: z.array(z.string()),
      referral: z
        .object({
          id: z.guid(),
          status: referralStatusSchema,
          referred_at: z.string(),
          referrer: named,
        })
        .nullable(),
    }),
  ),
  timing: z.array(z.object({ event: z.string(), at: z.string() })),
  record: z.object({
    referrals: z.record(z.string(), count),
    cleared: count,
    rejected: count,
    rewards: count,
    attempts: z.array(attemptSchema),
  }),
  ring: z.array(
    z.object({
      id: z.guid(),
      referred_at: z.string(),
      status: referralStatusSchema,
      referrer: named,
      referred: named,
    }),
  ),
  decisions: z.array(
    z.object({
      id: z.guid(),
      decision: reviewDecisionSchema,
      reason: z.string(),
      decided_at: z.string(),
      undone_at: z.string().nullable(),
      undo_until: z.string(),
      is_own: z.boolean(),
      decided_by_name: z.string().nullable(),
    }),
  ),
  appeal: appealSchema.nullable(),
  claim: claimSchema.nullable(),
  next_id: z.guid().nullable(),
});
export type ReviewCaseFacts = z.infer<typeof reviewCaseSchema>;

export const undoneReviewSchema = z.object({ referral_id: z.guid(), undone: reviewDecisionSchema });

export const appealDecisionSchema = z.enum(["uphold", "dismiss"], {
  error: "Use uphold or dismiss.",
});
export type AppealDecision = z.infer<typeof appealDecisionSchema>;
export const decidedAppealSchema = z.object({
  referral_id: z.guid(),
  appeal: z.enum(["upheld", "dismissed"]),
});

export const reviewConflictSchema = z.object({
  claim: claimSchema.nullable(),
  decision: z
    .object({
      decision: reviewDecisionSchema,
      decided_by_name: z.string().nullable(),
      decided_at: z.string(),
    })
    .nullable(),
  appeal: appealSchema.nullable(),
  time_zone: z.string(),
});

export const reviewOverviewSchema = z.object({
  holds: count,
  flags: count,
  oldest_hold_at: z.string().nullable(),
  oldest_flag_at: z.string().nullable(),
  appeals: count,
  /** When the first of the appeals has to be answered. */
  next_appeal_due_at: z.string().nullable(),
  /** What reviewers decided, over 90 days, about referrals that a signal was raised on. */
  signals: z.array(
    z.object({
      signal: z.string(),
      is_shadow: z.boolean(),
      rejected: count,
      cleared: count,
      undecided: count,
    }),
  ),
  alerts: z.array(z.object({ at: z.string(), kind: z.string(), referrer: named })),
});
export type ReviewOverview = z.infer<typeof reviewOverviewSchema>;
