import type { Clock } from "@/lib/clock";
import { lastDayBefore } from "@/lib/dates";
import { type AccountPage, accountPageSchema } from "@/lib/invoicing/account";
import { nextPeriod, periodContaining } from "@/lib/invoicing/period";
import { textsIn } from "@/lib/language/catalogue";
import type { PageLanguage } from "@/lib/language/languages";
import { sentenceIn } from "@/lib/language/wording";
import { type Page, pageArgs } from "@/lib/paging";
import { describeProgress } from "@/lib/referrals/progress";
import { referralLink } from "@/lib/referrals/referral-code";
import { explained } from "@/lib/referrals/referral-service";
import { explainRewards } from "@/lib/rewards/explain-reward";
import { isUsable } from "@/lib/rewards/free-month-rules";
import { previewFreeMonth, previewNextInvoice } from "@/lib/rewards/next-invoice";
import type { AppliedReward, NextInvoice, PendingReward } from "@/lib/rewards/schemas";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { balanceSchema, type Dashboard, dashboardDocumentSchema } from "./schemas";

export interface Balance {
  available_rewards: number;
  pending_rewards: PendingReward[];
  applied_rewards: AppliedReward[];
  next_invoice: NextInvoice | null;
  /** First day (`YYYY-MM-DD`) of the cycle whose invoice the next free month lowers; else null. */
  next_free_month: string | null;
  currency: string;
}

export interface AccountServiceDeps {
  client: CallerClient;
  clock: Clock;
  /** Public address of the site, for links. */
  siteUrl: string;
  /** False: the kill switch is on. */
  rewardsEnabled: boolean;
  /** The language of what is told in sentences; English without. */
  language?: PageLanguage;
}

/** What a customer sees of their account. */
export class AccountService {
  constructor(private readonly deps: AccountServiceDeps) {}

  /** Free months waiting and used, and the next invoice. Amounts in cents. */
  async getBalance(): Promise<Balance> {
    const document = await callRpc(this.deps.client, "get_my_balance", {}, balanceSchema);
    const now = this.deps.clock();
    const { facts, settings } = document;
    const { rewardsEnabled } = this.deps;
    const pending = document.pending_rewards.filter((reward) => isUsable(reward, now));
    const nextInvoice = previewNextInvoice(facts, settings, rewardsEnabled, now);
    return {
      available_rewards: pending.length,
      pending_rewards: pending,
      applied_rewards: document.applied_rewards,
      next_invoice: nextInvoice && this.inLanguage(nextInvoice),
      next_free_month: previewFreeMonth(facts, settings, rewardsEnabled, now),
      currency: settings.currency,
    };
  }

  /**
   * What the customer owes, and the invoices, payments and credit notes behind it, newest first.
   * Amounts in cents.
   */
  getAccount(page: Page): Promise<AccountPage> {
    return callRpc(this.deps.client, "get_my_account", pageArgs(page), accountPageSchema);
  }

  /** The invoice itself is English; the preview calls its free month as the reader's language does. */
  private inLanguage(invoice: NextInvoice): NextInvoice {
    const { language = "en" } = this.deps;
    const name = invoice.waived_as;
    return { ...invoice, waived_as: name && sentenceIn(language, name) };
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
    const { rewardsEnabled, siteUrl } = this.deps;
    const t = textsIn(this.deps.language ?? "en", "explain");
    const { settings, terms, customer, referral_obstacle: obstacle } = document;
    const { time_zone: timeZone } = settings;
    const pending = document.pending_rewards.filter((reward) => isUsable(reward, now));
    const nextInvoice = previewNextInvoice(document.facts, settings, rewardsEnabled, now);
    const enabled = rewardsEnabled && !terms.is_paused;
    const lastReward = pending.at(-1);
    const nextFreeMonth = previewFreeMonth(document.facts, settings, rewardsEnabled, now);
    const explanations = explainRewards(
      pending,
      {
        nextInvoice,
        nextFreeMonth,
        hasActiveService: document.services.some(({ status }) => status === "active"),
        rewardsEnabled,
        timeZone,
      },
      t,
    );
    return {
      customer,
      services: document.services,
      invoices: document.invoices,
      account: document.account,
      mail_problem: document.mail_problem,
      referral_obstacle: obstacle,
      support_email: settings.support_email,
      claims: document.claims,
      can_claim: enabled && document.can_claim,
      survey: document.survey,
      own_claim: document.own_claim,
      widget: {
        enabled,
        referral_code: customer.referral_code,
        referral_link: referralLink(siteUrl, customer.referral_code),
        stats: document.stats,
        friends: document.friends.map((friend) => explained(friend, now, timeZone, t)),
        pending_rewards: pending.flatMap((reward, index) => {
          const explanation = explanations[index];
          return explanation ? [{ ...reward, explanation }] : [];
        }),
        applied_rewards: document.applied_rewards,
        saved_cents: document.saved_cents,
        next_invoice: nextInvoice && this.inLanguage(nextInvoice),
        next_free_month: nextFreeMonth,
        progress: describeProgress(
          {
            friends: document.open_friends,
            terms,
            timeZone,
            now,
            enabled,
            obstacle,
            rewards: {
              waiting: pending.length,
              comesOff: nextInvoice !== null && nextInvoice.waived_cents > 0,
              month: nextFreeMonth,
              lastUntil: lastReward ? lastDayBefore(lastReward.expires_at, timeZone) : null,
            },
          },
          t,
        ),
        month: {
          used: document.referrals_this_month,
          limit: terms.monthly_referral_limit,
          next_month: nextPeriod(periodContaining(now, timeZone), timeZone).start,
        },
        referrals_required: terms.referrals_required,
        qualifying_days: terms.qualifying_days,
        paid_invoices_required: terms.paid_invoices_required,
        reward_expiry_months: terms.reward_expiry_months,
        currency: settings.currency,
        time_zone: timeZone,
        brand_name: settings.brand_name,
        as_of: now.toISOString(),
      },
    };
  }
}
