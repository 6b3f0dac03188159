import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { type Cursor, cursorArgs } from "@/lib/paging";
import { previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { Supabase } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { describeProgress } from "./progress";
import { normaliseReferralCode, referralLink } from "./referral-code";
import {
  type AppliedReward,
  balanceSchema,
  type CodeCheck,
  type CustomerService,
  codeCheckSchema,
  type Dashboard,
  dashboardDocumentSchema,
  type Friend,
  type NextInvoice,
  type PendingReward,
  type ReferralStats,
  referralOverviewSchema,
  referralPageSchema,
  serviceSchema,
} from "./schemas";

export interface ReferralServiceDeps {
  /** The caller's own client for reads and admin actions, the server's for the rest. */
  client: Supabase;
  clock: Clock;
  /** Public address of the site, for links. */
  siteUrl: string;
  /** False: the kill switch is on. */
  rewardsEnabled: boolean;
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

export interface Balance {
  available_rewards: number;
  pending_rewards: PendingReward[];
  applied_rewards: AppliedReward[];
  next_invoice: NextInvoice | null;
  currency: string;
}

export interface CreateReferralInput {
  idempotency_key: string;
  request_hash: string;
  /** The customer's account; null while nobody has proven that the address is theirs. */
  auth_user_id: string | null;
  /** The account that becomes theirs once its e-mail address is confirmed. */
  pending_user_id?: string | null;
  email: string;
  first_name: string;
  last_name: string;
  /** E.164. */
  phone: string;
  address: Record<string, unknown>;
  address_key: string;
  package_slug: string;
  referral_code: string | null;
  source: "link" | "typed";
  ip_address: string | null;
  user_agent: string | null;
  /** What the fraud rules said; null when there was nothing to judge. */
  assessment: unknown;
  /** The referrer's referrals that the verdict knew of; null without a verdict. */
  assessment_basis: number | null;
  alert_email: string;
}

export const placedOrderSchema = z.object({
  order_id: z.guid(),
  customer_id: z.guid(),
  referral: z.object({
    status: z.enum(["recorded", "not_applied", "none"]),
    reason: z.string().optional(),
  }),
});
export type PlacedOrder = z.infer<typeof placedOrderSchema>;

/** Referral codes, friends and what they earn. */
export class ReferralService {
  constructor(private readonly deps: ReferralServiceDeps) {}

  /**
   * The caller's permanent code with link and counts. Every customer has a code from the moment
   * they exist, so asking twice changes nothing.
   *
   * @throws AppError `unauthenticated`; `forbidden` when the account is no customer.
   */
  async getOrCreateReferralCode(): Promise<ReferralCodeSummary> {
    const overview = await callRpc(
      this.deps.client,
      "get_my_referral_overview",
      {},
      referralOverviewSchema,
    );
    const { stats, terms } = overview;
    return {
      referral_code: overview.referral_code,
      referral_link: referralLink(this.deps.siteUrl, overview.referral_code),
      referral_count: stats.total,
      referral_count_active: stats.active + stats.qualified,
      reward_balance: overview.reward_balance,
      next_reward_progress: `${Math.min(stats.qualified_unused, terms.referrals_required)}/${terms.referrals_required} referrals`,
    };
  }

  /**
   * Whether a code, however it was typed, can be used now. Needs the server's client.
   *
   * The answer is the same for unknown, paused and ineligible codes, so that nothing can be guessed.
   */
  async validateReferralCode(typed: string): Promise<CodeCheck> {
    const code = normaliseReferralCode(typed);
    if (!code || !this.deps.rewardsEnabled) return { valid: false };
    return callRpc(
      this.deps.client,
      "validate_referral_code",
      { p_code: code, p_as_of: this.deps.clock().toISOString() },
      codeCheckSchema,
    );
  }

  /**
   * Records customer, order and referral in one transaction. Needs the server's client. A code
   * that cannot be applied never stops the order; the answer says why in general terms.
   *
   * @throws AppError `not_found` for the package, `idempotency_key_reused`, `email_taken`,
   *   `assessment_stale` when another friend of the referrer came in after the evidence was gathered.
   */
  async createReferral(input: CreateReferralInput): Promise<PlacedOrder> {
    return callRpc(
      this.deps.client,
      "place_order",
      {
        p_order: JSON.parse(
          JSON.stringify({ ...input, referrals_enabled: this.deps.rewardsEnabled }),
        ),
        p_as_of: this.deps.clock().toISOString(),
      },
      placedOrderSchema,
    );
  }

  /**
   * An admin activates an order: its service starts, and the friend's qualifying days with it.
   * Repeating it changes nothing. Needs the admin's own client.
   *
   * @throws AppError `forbidden`, `not_found`, `order_not_activatable`.
   */
  async activateReferral(orderId: string): Promise<CustomerService> {
    return callRpc(this.deps.client, "activate_order", { p_order_id: orderId }, serviceSchema);
  }

  /**
   * Turns a referrer's unused counted friends into free months. Needs the server's client.
   *
   * @returns how many rewards were granted; 0 while the kill switch is on.
   */
  async checkAndGrantReward(referrerId: string): Promise<number> {
    if (!this.deps.rewardsEnabled) return 0;
    return callRpc(
      this.deps.client,
      "grant_earned_rewards",
      { p_referrer_id: referrerId, p_as_of: this.deps.clock().toISOString() },
      z.number().int(),
    );
  }

  /** How many friends stand where. @throws AppError `unauthenticated`, `forbidden` */
  async getReferralStats(): Promise<ReferralStats> {
    const overview = await callRpc(
      this.deps.client,
      "get_my_referral_overview",
      {},
      referralOverviewSchema,
    );
    return overview.stats;
  }

  /** The caller's friends, newest first, by keyset. @throws AppError `unauthenticated`, `forbidden` */
  async getCustomerReferrals(query: {
    status?: Friend["status"];
    limit: number;
    cursor?: Cursor;
  }): Promise<{ referrals: Friend[]; stats: ReferralStats; next_cursor: Cursor | null }> {
    return callRpc(
      this.deps.client,
      "list_my_referrals",
      { p_status: query.status, p_limit: query.limit, ...cursorArgs(query.cursor) },
      referralPageSchema,
    );
  }

  /** Free months waiting and used, and the next invoice. Amounts in cents. */
  async getBalance(): Promise<Balance> {
    const document = await callRpc(this.deps.client, "get_my_balance", {}, balanceSchema);
    const now = this.deps.clock();
    const pending = document.pending_rewards.filter((reward) => new Date(reward.expires_at) > now);
    return {
      available_rewards: pending.length,
      pending_rewards: pending,
      applied_rewards: document.applied_rewards,
      next_invoice: previewNextInvoice(
        document.facts,
        document.settings,
        this.deps.rewardsEnabled,
        now,
      ),
      currency: document.settings.currency,
    };
  }

  /** Everything the dashboard shows, in one round trip. */
  async getDashboard(): Promise<Dashboard> {
    const document = await callRpc(
      this.deps.client,
      "get_my_dashboard",
      {},
      dashboardDocumentSchema,
    );
    const now = this.deps.clock();
    const { settings, terms, customer } = document;
    const pending = document.pending_rewards.filter((reward) => new Date(reward.expires_at) > now);
    return {
      customer,
      services: document.services,
      invoices: document.invoices,
      has_overdue_invoice: document.has_overdue_invoice,
      support_email: settings.support_email,
      widget: {
        enabled: this.deps.rewardsEnabled && !terms.is_paused,
        referral_code: customer.referral_code,
        referral_link: referralLink(this.deps.siteUrl, customer.referral_code),
        stats: document.stats,
        friends: document.friends,
        pending_rewards: pending,
        applied_rewards: document.applied_rewards,
        next_invoice: previewNextInvoice(document.facts, settings, this.deps.rewardsEnabled, now),
        progress: describeProgress({
          friends: document.friends.map((friend) => ({
            first_name: friend.referred_name.split(" ")[0] ?? friend.referred_name,
            status: friend.status,
            qualifies_at: friend.qualifies_at,
          })),
          qualifiedUnused: document.stats.qualified_unused,
          required: terms.referrals_required,
          qualifyingDays: terms.qualifying_days,
          rewardsWaiting: pending.length,
          timeZone: settings.time_zone,
          now,
        }),
        qualifying_days: terms.qualifying_days,
        reward_expiry_months: terms.reward_expiry_months,
        currency: settings.currency,
        time_zone: settings.time_zone,
        brand_name: settings.brand_name,
        as_of: now.toISOString(),
      },
    };
  }
}
