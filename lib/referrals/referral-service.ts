import { z } from "zod";
import type { Clock } from "@/lib/clock";
import type { FraudEvidence, FraudVerdict } from "@/lib/fraud/fraud-rules";
import { type OrderFacts, type PlacedOrder, placedOrderSchema } from "@/lib/fraud/schemas";
import { type CustomerService, serviceSchema } from "@/lib/invoicing/service";
import { textsIn } from "@/lib/language/catalogue";
import type { PageLanguage } from "@/lib/language/languages";
import type { Texts } from "@/lib/language/translator";
import { type Cursor, type Page, pageArgs } from "@/lib/paging";
import type { CallerClient, ServerClient } from "@/lib/supabase/clients";
import { retryWhileUnavailable } from "@/lib/supabase/retry";
import { callRpc } from "@/lib/supabase/rpc";
import { explainFriend } from "./explain";
import { nextFreeMonth } from "./progress";
import { findReferralCode, referralLink } from "./referral-code";
import {
  type CodeCheck,
  codeCheckSchema,
  type Friend,
  type FriendRow,
  type InvitationStanding,
  invitationStandingSchema,
  type ReferralStats,
  referralOverviewSchema,
  referralPageSchema,
} from "./schemas";

export interface ReferralServiceDeps<C extends CallerClient | ServerClient> {
  client: C;
  clock: Clock;
  /** Public address of the site, for links. */
  siteUrl: string;
  /** False: the kill switch is on. */
  rewardsEnabled: boolean;
  /** The language of what is told in sentences; English without. */
  language?: PageLanguage;
}

export interface ReferralCodeSummary {
  referral_code: string;
  referral_link: string;
  referral_count: number;
  referral_count_active: number;
  reward_balance: number;
  /** For people: `1/2 referrals`. */
  next_reward_progress: string;
}

/** An order with all that `place_order` records. */
export type CreateReferralInput = Omit<OrderFacts, "visitor_id"> & {
  visitor_id?: string | null;
  request_hash: string;
  /** The customer's account; null while nobody has proven that the address is theirs. */
  auth_user_id: string | null;
  /** The account that becomes theirs once its e-mail address is confirmed. */
  pending_user_id?: string | null;
  first_name: string;
  last_name: string;
  source: "link" | "typed";
  /** What the fraud rules said; null when there was nothing to judge. */
  assessment: FraudVerdict | null;
  /** The referrer's referrals that the verdict knew of; null without a verdict. */
  assessment_basis: number | null;
  /** What the verdict was made from, kept for the back test of new settings. */
  judged?: { evidence: FraudEvidence; settings_version: number } | null;
  /** Refused uses of one code within 24 hours from which on the admins get a mail. */
  refused_attempts_alert?: number;
  alert_email: string;
  /** The browser that the order signed in, by the hash of its cookie and in words. */
  device?: { hash: string; name: string } | null;
};

const qualifiedPageSchema = z.object({
  qualified: z.number().int().min(0),
  rewards_granted: z.number().int().min(0),
  next_after: z.guid().nullable(),
});

export interface QualifySummary {
  qualified: number;
  rewards_granted: number;
}

/** A friend with the answer to "why not yet?" at `now`. */
export const explained = (
  friend: FriendRow,
  now: Date,
  timeZone: string,
  t: Texts<"explain">,
): Friend => ({
  ...friend,
  explanation: explainFriend(friend, now, timeZone, t),
});

/**
 * Referral codes, friends and what they earn. What a customer or an admin does needs their own
 * client; what the system does needs the server's. The types of the methods say which.
 */
export class ReferralService<C extends CallerClient | ServerClient> {
  constructor(private readonly deps: ReferralServiceDeps<C>) {}

  /**
   * The caller's permanent code with link and counts. Every customer has a code from the moment
   * they exist, so asking twice changes nothing.
   *
   * @throws AppError `unauthenticated`; `forbidden` when the account is no customer.
   */
  async getOrCreateReferralCode(this: ReferralService<CallerClient>): Promise<ReferralCodeSummary> {
    const overview = await callRpc(
      this.deps.client,
      "get_my_referral_overview",
      {},
      referralOverviewSchema,
    );
    const { stats } = overview;
    const { qualified, required } = nextFreeMonth({
      friends: overview.open_friends,
      terms: overview.terms,
      now: this.deps.clock(),
      timeZone: overview.time_zone,
    });
    return {
      referral_code: overview.referral_code,
      referral_link: referralLink(this.deps.siteUrl, overview.referral_code),
      referral_count: stats.total,
      referral_count_active: stats.active + stats.qualified,
      reward_balance: overview.reward_balance,
      next_reward_progress: `${qualified}/${required} referrals`,
    };
  }

  /**
   * Whether a code, however it was typed, can be used now.
   *
   * The answer is the same for unknown, paused and ineligible codes, so that nothing can be guessed.
   */
  async validateReferralCode(
    this: ReferralService<ServerClient>,
    typed: string,
  ): Promise<CodeCheck> {
    const code = findReferralCode(typed);
    if (!code || !this.deps.rewardsEnabled) return { valid: false };
    return callRpc(
      this.deps.client,
      "validate_referral_code",
      { p_code: code, p_as_of: this.deps.clock().toISOString() },
      codeCheckSchema,
    );
  }

  /**
   * What an invitation with this code is to the signed-in caller. Without a code, what any friend's
   * invitation is to them.
   *
   * @throws AppError `unauthenticated`
   */
  async getInvitationStanding(
    this: ReferralService<CallerClient>,
    text: string | null,
  ): Promise<InvitationStanding> {
    const { standing } = await callRpc(
      this.deps.client,
      "get_my_invitation",
      { p_code: (text && findReferralCode(text)) ?? "" },
      invitationStandingSchema,
    );
    return standing;
  }

  /**
   * Records customer, order and referral in one transaction. A code that cannot be applied never stops the order; the answer says why in general terms.
   *
   * @throws AppError `not_found` for the package, `idempotency_key_reused`, `email_taken`,
   *   `assessment_stale` when another friend of the referrer came in after the evidence was gathered.
   */
  async createReferral(
    this: ReferralService<ServerClient>,
    input: CreateReferralInput,
  ): Promise<PlacedOrder> {
    return callRpc(
      this.deps.client,
      "place_order",
      {
        p_order: { ...input, referrals_enabled: this.deps.rewardsEnabled },
        p_as_of: this.deps.clock().toISOString(),
      },
      placedOrderSchema,
    );
  }

  /**
   * An admin activates an order: its service starts, and the friend's qualifying days with it.
   * Repeating it changes nothing.
   *
   * @throws AppError `forbidden`, `not_found`, `order_not_activatable`.
   */
  async activateReferral(
    this: ReferralService<CallerClient>,
    orderId: string,
  ): Promise<CustomerService> {
    return callRpc(this.deps.client, "activate_order", { p_order_id: orderId }, serviceSchema);
  }

  /**
   * Turns a referrer's unused counted friends into free months.
   *
   * @returns how many rewards were granted; 0 while the kill switch is on.
   */
  async checkAndGrantReward(
    this: ReferralService<ServerClient>,
    referrerId: string,
  ): Promise<number> {
    if (!this.deps.rewardsEnabled) return 0;
    return callRpc(
      this.deps.client,
      "grant_earned_rewards",
      { p_referrer_id: referrerId, p_as_of: this.deps.clock().toISOString() },
      z.number().int(),
    );
  }

  /** How many friends stand where. @throws AppError `unauthenticated`, `forbidden` */
  async getReferralStats(this: ReferralService<CallerClient>): Promise<ReferralStats> {
    const overview = await callRpc(
      this.deps.client,
      "get_my_referral_overview",
      {},
      referralOverviewSchema,
    );
    return overview.stats;
  }

  /** The caller's friends, newest first, by keyset, each with why they have not counted yet. @throws AppError `unauthenticated`, `forbidden` */
  async getCustomerReferrals(
    this: ReferralService<CallerClient>,
    query: Page & { status?: Friend["status"] },
  ): Promise<{ referrals: Friend[]; stats: ReferralStats; next_cursor: Cursor | null }> {
    const { time_zone, ...page } = await callRpc(
      this.deps.client,
      "list_my_referrals",
      { p_status: query.status, ...pageArgs(query) },
      referralPageSchema,
    );
    const now = this.deps.clock();
    const t = textsIn(this.deps.language ?? "en", "explain");
    return {
      ...page,
      referrals: page.referrals.map((friend) => explained(friend, now, time_zone, t)),
    };
  }

  /**
   * Counts the friends whose qualifying days are over and grants what their referrers have earned,
   * page by page, each its own transaction. While the kill switch is on, friends are counted and
   * nothing is granted; the first run after it grants what is due.
   *
   * @throws AppError `unavailable`, `forbidden` or `internal`; what was committed stays.
   */
  async qualifyDueReferrals(this: ReferralService<ServerClient>): Promise<QualifySummary> {
    const { client, clock, rewardsEnabled } = this.deps;
    const asOf = clock().toISOString();
    const sum: QualifySummary = { qualified: 0, rewards_granted: 0 };
    let after: string | null = null;
    do {
      const page: z.infer<typeof qualifiedPageSchema> = await retryWhileUnavailable(() =>
        callRpc(
          client,
          "qualify_referrals",
          { p_as_of: asOf, p_grant: rewardsEnabled, ...(after === null ? {} : { p_after: after }) },
          qualifiedPageSchema,
        ),
      );
      sum.qualified += page.qualified;
      sum.rewards_granted += page.rewards_granted;
      after = page.next_after;
    } while (after !== null);
    return sum;
  }
}
