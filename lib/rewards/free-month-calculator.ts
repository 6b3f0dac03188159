import "server-only";
import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { calculateProRata, type ProRata } from "@/lib/invoicing/charge";
import type { InvoiceDraft, InvoiceSettings } from "@/lib/invoicing/invoice";
import type { BillingPeriod } from "@/lib/invoicing/period";
import type { ServerClient } from "@/lib/supabase/clients";
import { retryWhileUnavailable } from "@/lib/supabase/retry";
import { callRpc, toAppError } from "@/lib/supabase/rpc";
import { buildInvoices, type CustomerBillingFacts } from "./build-invoices";
import {
  type FreeMonthDecision,
  type FreeMonthFacts,
  shouldApplyFreeMonth,
} from "./free-month-rules";
import { type AvailableReward, availableRewardSchema, pendingRewardSchema } from "./schemas";

const storedRewardSchema = z.array(
  pendingRewardSchema.extend({
    cap_cents: availableRewardSchema.shape.cap_cents,
    vat_treatment: availableRewardSchema.shape.vat_treatment,
  }),
);

/** A free month that can be used now. Instants are ISO 8601 in UTC. */
export type UsableReward = z.infer<typeof storedRewardSchema>[number];

const expiredBatchSchema = z.object({
  referrals_expired: z.number().int().min(0),
  referrals_ended: z.number().int().min(0),
  rewards_expired: z.number().int().min(0),
  reminders: z.number().int().min(0),
  more: z.boolean(),
});

export interface ExpirySummary {
  referrals_expired: number;
  /** Friends whose service was suspended for longer than the grace. */
  referrals_ended: number;
  rewards_expired: number;
  /** Reminders queued for rewards that expire within 30 days. */
  reminders: number;
}

const iso = (timestamp: string) => new Date(timestamp).toISOString();

/**
 * Free months: which a customer has, whether one is due in a cycle, what it takes off, and when
 * it expires. `rewardsEnabled` false is the kill switch: nothing is due, nothing is used up.
 */
export class FreeMonthCalculator {
  readonly #client: ServerClient;
  readonly #clock: Clock;
  readonly #rewardsEnabled: boolean;

  constructor(options: { client: ServerClient; clock: Clock; rewardsEnabled: boolean }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#rewardsEnabled = options.rewardsEnabled;
  }

  /**
   * The free months that a customer could use now, in the order in which they will be used. One
   * that is past its date is not among them, also before the expiry job has seen it.
   * @throws AppError `unavailable`, `forbidden` or `internal`.
   */
  async getPendingRewards(customerId: string): Promise<UsableReward[]> {
    const { data, error, status } = await this.#client
      .from("referral_rewards")
      .select("id, reward_type, status, source, created_at, expires_at, cap_cents, vat_treatment")
      .eq("customer_id", customerId)
      .eq("status", "pending")
      .gt("expires_at", this.#clock().toISOString())
      .order("expires_at")
      .order("created_at")
      .order("id");
    if (error) throw toAppError(error, status);
    return storedRewardSchema.parse(data).map((reward) => ({
      ...reward,
      created_at: iso(reward.created_at),
      expires_at: iso(reward.expires_at),
    }));
  }

  /**
   * Whether a customer's cycle gets a free month: at most one per cycle, the reward that expires
   * first, on the most expensive whole-month charge. A part of a month takes it only if it would
   * expire before the next whole month. Charges are cents including VAT.
   */
  shouldApplyFreeMonth<R extends AvailableReward>(
    facts: Omit<FreeMonthFacts<R>, "rewardsEnabled" | "asOf"> & {
      /** When the invoices are issued; now when left out. */
      asOf?: Date;
    },
  ): FreeMonthDecision<R> {
    return shouldApplyFreeMonth({
      ...facts,
      rewardsEnabled: this.#rewardsEnabled,
      asOf: facts.asOf ?? this.#clock(),
    });
  }

  /**
   * The invoices of one customer for a cycle, the free month applied if one is due. Pass all
   * services and pending rewards of the customer. Nothing is written: the reward is used up when
   * the invoices are issued. Billing runs make their invoices with the same function.
   * @throws RangeError for fractions of a cent or negative prices.
   */
  applyFreeMonth(
    facts: CustomerBillingFacts,
    period: BillingPeriod,
    settings: InvoiceSettings,
  ): InvoiceDraft[] {
    return buildInvoices(facts, period, settings, { rewardsEnabled: this.#rewardsEnabled });
  }

  /**
   * The charge of a cycle in cents: price × days ÷ days of the month, half-up. `activatedOn` and
   * `endedOn` are local dates `YYYY-MM-DD`; the day of the end is not charged. Null when the
   * service has no day in the cycle. Suspended days are not charged.
   * @throws RangeError for fractions of a cent, a negative price, or a date that does not exist.
   */
  calculateProRata(facts: Parameters<typeof calculateProRata>[0]): ProRata | null {
    return calculateProRata(facts);
  }

  /**
   * Expires every referral that was not activated in its window and every reward past its date,
   * ends referrals whose service was suspended for longer than the grace, and queues the reminders 30 days before; batch by batch, each its own transaction.
   * @throws AppError `unavailable`, `forbidden` or `internal`; what was committed stays.
   */
  async expireOldRewards(): Promise<ExpirySummary> {
    const asOf = this.#clock().toISOString();
    const sum: ExpirySummary = {
      referrals_expired: 0,
      referrals_ended: 0,
      rewards_expired: 0,
      reminders: 0,
    };
    for (;;) {
      const batch = await retryWhileUnavailable(() =>
        callRpc(
          this.#client,
          "expire_due",
          { p_as_of: asOf, p_expire_rewards: this.#rewardsEnabled },
          expiredBatchSchema,
        ),
      );
      sum.referrals_expired += batch.referrals_expired;
      sum.referrals_ended += batch.referrals_ended;
      sum.rewards_expired += batch.rewards_expired;
      sum.reminders += batch.reminders;
      // A batch may be empty although more is due, because another worker took it. The loop goes on
      // only after progress, so it always ends; the next run expires what is left.
      const progress =
        batch.referrals_expired + batch.referrals_ended + batch.rewards_expired + batch.reminders;
      if (!batch.more || progress === 0) return sum;
    }
  }
}
