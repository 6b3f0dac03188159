import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { AppError } from "@/lib/errors";
import { type ProfileInput, profileSchema } from "@/lib/identity/profile";
import { type ListPage, listArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc, detailOf } from "@/lib/supabase/rpc";
import {
  type CustomerReferrals,
  customerHeadSchema,
  customerPageSchema,
  customerReferralsSchema,
  eraseResultSchema,
  grantResultSchema,
  revokeResultSchema,
} from "./customer-schemas";
import { explainReferral } from "./explain-referral";

const recentGrantSchema = z.object({
  granted_by: z.string(),
  granted_at: z.string(),
  status: z.string(),
});

/** Names who granted to this customer last, and when (ISO 8601, UTC). */
function recentGrant(refusal: AppError): AppError {
  const known = recentGrantSchema.safeParse(JSON.parse(detailOf(refusal) || "null"));
  if (!known.success) return refusal;
  const { granted_by, status } = known.data;
  const granted_at = new Date(known.data.granted_at).toISOString();
  const waits = status === "pending" ? " It has not been used yet." : "";
  return new AppError("grant_recent", {
    message: `${granted_by} granted this customer a free month on ${granted_at}.${waits} Confirm to grant another one.`,
    fields: { granted_by, granted_at },
    cause: refusal.cause,
  });
}

/**
 * Customers, their free months and their erasure, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class CustomerAdminService {
  constructor(private readonly deps: { client: CallerClient; clock: Clock }) {}

  /** Customers, newest first or by name. `from` and `to` are days of the billing zone, both included. */
  listCustomers(query: ListPage & { q?: string; from?: string; to?: string }) {
    return callRpc(
      this.deps.client,
      "admin_list_customers",
      { p_q: query.q, p_from: query.from, p_to: query.to, ...listArgs(query) },
      customerPageSchema,
    );
  }

  /** What stands above each page about a customer. @throws AppError `not_found` */
  getHead(customerId: string) {
    return callRpc(
      this.deps.client,
      "admin_get_customer_head",
      { p_customer_id: customerId },
      customerHeadSchema,
    );
  }

  /**
   * One customer with referrals, rewards and audit trail; each referral with why it has not counted
   * yet, as the customer reads it. @throws AppError `not_found`
   */
  async getCustomerReferrals(customerId: string): Promise<CustomerReferrals> {
    const { time_zone, referrals, ...rest } = await callRpc(
      this.deps.client,
      "admin_get_customer_referrals",
      { p_customer_id: customerId },
      customerReferralsSchema,
    );
    const now = this.deps.clock();
    return {
      ...rest,
      referrals: referrals.map((referral) => explainReferral(referral, now, time_zone)),
    };
  }

  /**
   * Grants a free month by hand; the same key and reason give the same reward.
   *
   * @param grant.confirmRecent grants although the customer got a month within 24 hours, or has one
   *   from us waiting.
   * @throws AppError `not_found`, `own_account`, `idempotency_key_reused`; `grant_limit_reached`
   *   when this person granted as many this month as one may; `grant_recent` with who and when.
   */
  async grantReward(
    customerId: string,
    grant: { reason: string; confirmRecent?: boolean },
    idempotencyKey?: string,
  ) {
    try {
      return await callRpc(
        this.deps.client,
        "grant_reward",
        {
          p_customer_id: customerId,
          p_reason: grant.reason,
          p_idempotency_key: idempotencyKey,
          p_confirm_recent: grant.confirmRecent ?? false,
        },
        grantResultSchema,
      );
    } catch (error) {
      throw error instanceof AppError && error.code === "grant_recent" ? recentGrant(error) : error;
    }
  }

  /** Takes back a pending reward. @throws AppError `not_found`, `own_account`, `reward_not_pending` */
  revokeReward(customerId: string, rewardId: string, reason: string) {
    return callRpc(
      this.deps.client,
      "revoke_reward",
      { p_customer_id: customerId, p_reward_id: rewardId, p_reason: reason },
      revokeResultSchema,
    );
  }

  /** What invoices name of a customer. @throws AppError `not_found` */
  getProfile(customerId: string) {
    return callRpc(
      this.deps.client,
      "admin_get_profile",
      { p_customer_id: customerId },
      profileSchema,
    );
  }

  /**
   * Changes what the invoices to come name of a customer; issued ones keep what they name.
   * @throws AppError `not_found`, `own_account`, `invalid_request`
   */
  changeProfile(customerId: string, profile: ProfileInput, reason: string) {
    return callRpc(
      this.deps.client,
      "update_customer_profile",
      { p_customer_id: customerId, p_profile: { ...profile }, p_reason: reason },
      profileSchema,
    );
  }

  /**
   * Erases the personal details of a customer who asked for it; repeating it changes nothing.
   *
   * @throws AppError `not_found`, `own_account`; `customer_not_erasable` while there is a service, an
   *   order under way or an invoice that is neither paid nor credited; `unavailable` while a mail to
   *   the customer is on its way.
   */
  eraseCustomer(customerId: string, reason: string) {
    return callRpc(
      this.deps.client,
      "erase_customer",
      { p_customer_id: customerId, p_reason: reason },
      eraseResultSchema,
    );
  }
}
