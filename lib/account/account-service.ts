import type { Clock } from "@/lib/clock";
import { describeProgress } from "@/lib/referrals/progress";
import { referralLink } from "@/lib/referrals/referral-code";
import { isUsable } from "@/lib/rewards/free-month-rules";
import { previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { AppliedReward, NextInvoice, PendingReward } from "@/lib/rewards/schemas";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { balanceSchema, type Dashboard, dashboardDocumentSchema } from "./schemas";

export interface Balance {
  available_rewards: number;
  pending_rewards: PendingReward[];
  applied_rewards: AppliedReward[];
  next_invoice: NextInvoice | null;
  currency: string;
}

export interface AccountServiceDeps {
  client: CallerClient;
  clock: Clock;
  /** Public address of the site, for links. */
  siteUrl: string;
  /** False: the kill switch is on. */
  rewardsEnabled: boolean;
}

/** What a customer sees of their account. */
export class AccountService {
  constructor(private readonly deps: AccountServiceDeps) {}

  /** Free months waiting and used, and the next invoice. Amounts in cents. */
  async getBalance(): Promise<Balance> {
    const document = await callRpc(this.deps.client, "get_my_balance", {}, balanceSchema);
    const now = this.deps.clock();
    const pending = document.pending_rewards.filter((reward) => isUsable(reward, now));
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
    const pending = document.pending_rewards.filter((reward) => isUsable(reward, now));
    return {
      customer,
      services: document.services,
      invoices: document.invoices,
      referral_obstacle: document.referral_obstacle,
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
            order_status: friend.order_status,
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
