import { z } from "zod";
import { type Cursor, cursorArgs } from "@/lib/paging";
import type { ProgramTerms } from "@/lib/programme/terms";
import { serviceSchema } from "@/lib/referrals/schemas";
import type { Supabase } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  adminReferralPageSchema,
  customerPageSchema,
  customerReferralsSchema,
  decisionSchema,
  eraseResultSchema,
  grantResultSchema,
  metricsSchema,
  notificationPageSchema,
  notificationSchema,
  orderPageSchema,
  packageChangeSchema,
  programSchema,
  programVersionSchema,
  reviewQueueSchema,
  revokeResultSchema,
} from "./schemas";

interface Page {
  cursor?: Cursor;
  limit?: number;
}

const pageArgs = ({ cursor, limit }: Page) => ({ ...cursorArgs(cursor), p_limit: limit });

/**
 * What admins see and do. Works with the admin's own client: every function checks the permission
 * in the database and takes the actor from the session, so nothing here can be trusted wrongly.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class AdminService {
  constructor(private readonly deps: { client: Supabase }) {}

  listCustomers(query: Page & { q?: string }) {
    return callRpc(
      this.deps.client,
      "admin_list_customers",
      { p_q: query.q, ...pageArgs(query) },
      customerPageSchema,
    );
  }

  /** One customer with referrals, rewards and audit trail. @throws AppError `not_found` */
  getCustomerReferrals(customerId: string) {
    return callRpc(
      this.deps.client,
      "admin_get_customer_referrals",
      { p_customer_id: customerId },
      customerReferralsSchema,
    );
  }

  /**
   * Grants a free month by hand; the same key and reason give the same reward.
   *
   * @throws AppError `not_found`, `own_account`, `idempotency_key_reused`.
   */
  grantReward(customerId: string, reason: string, idempotencyKey?: string) {
    return callRpc(
      this.deps.client,
      "grant_reward",
      { p_customer_id: customerId, p_reason: reason, p_idempotency_key: idempotencyKey },
      grantResultSchema,
    );
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

  listOrders(query: Page & { q?: string; status?: string }) {
    return callRpc(
      this.deps.client,
      "admin_list_orders",
      { p_q: query.q, p_status: query.status, ...pageArgs(query) },
      orderPageSchema,
    );
  }

  /**
   * Marks a pending order as being installed. Repeating it changes nothing.
   *
   * @throws AppError `not_found`, `own_account`, `order_not_installable`.
   */
  startInstallation(orderId: string) {
    return callRpc(
      this.deps.client,
      "start_installation",
      { p_order_id: orderId },
      z.object({ id: z.guid(), status: z.literal("installing") }),
    );
  }

  /** Cancels an order that is not active yet. @throws AppError `order_not_cancellable` */
  cancelOrder(orderId: string, reason: string) {
    return callRpc(
      this.deps.client,
      "cancel_order",
      { p_order_id: orderId, p_reason: reason },
      z.object({ id: z.guid(), status: z.literal("cancelled"), cancelled_at: z.string() }),
    );
  }

  /** Suspends, reactivates or cancels a service. @throws AppError `service_status_invalid` */
  setServiceStatus(serviceId: string, status: string, reason: string) {
    return callRpc(
      this.deps.client,
      "set_service_status",
      { p_service_id: serviceId, p_status: status, p_reason: reason },
      serviceSchema,
    );
  }

  /**
   * Moves a service to another package on sale, at its current price. What is invoiced stays: the
   * new price counts from today in the billing time zone, or from the next cycle without invoice.
   *
   * @throws AppError `not_found`, `own_account`, `package_not_changeable`, `package_unchanged`.
   */
  changeServicePackage(serviceId: string, packageSlug: string, reason: string) {
    return callRpc(
      this.deps.client,
      "change_service_package",
      { p_service_id: serviceId, p_package_slug: packageSlug, p_reason: reason },
      packageChangeSchema,
    );
  }

  listReferrals(query: Page & { q?: string; status?: string; flagged?: boolean }) {
    return callRpc(
      this.deps.client,
      "admin_list_referrals",
      { p_q: query.q, p_status: query.status, p_flagged: query.flagged, ...pageArgs(query) },
      adminReferralPageSchema,
    );
  }

  getReviewQueue(query: Page) {
    return callRpc(this.deps.client, "get_review_queue", pageArgs(query), reviewQueueSchema);
  }

  /** Clears or rejects a flagged referral. @throws AppError `referral_not_reviewable`, `referral_already_rewarded` */
  reviewReferral(referralId: string, decision: "clear" | "reject", reason: string) {
    return callRpc(
      this.deps.client,
      "review_referral",
      { p_referral_id: referralId, p_decision: decision, p_reason: reason },
      decisionSchema,
    );
  }

  listNotifications(query: Page & { status?: string }) {
    return callRpc(
      this.deps.client,
      "admin_list_notifications",
      { p_status: query.status, ...pageArgs(query) },
      notificationPageSchema,
    );
  }

  /** One mail with its rendering. @throws AppError `not_found` */
  getNotification(id: string) {
    return callRpc(this.deps.client, "admin_get_notification", { p_id: id }, notificationSchema);
  }

  /** Queues a given-up mail again. @throws AppError `notification_not_retryable` */
  retryNotification(id: string) {
    return callRpc(
      this.deps.client,
      "retry_notification",
      { p_id: id },
      z.object({ id: z.guid(), status: z.literal("queued") }),
    );
  }

  getProgram() {
    return callRpc(this.deps.client, "get_program", {}, programSchema);
  }

  /**
   * Makes a new version of the terms; referrals that exist keep theirs.
   *
   * @throws AppError `version_conflict` when somebody else was faster.
   */
  updateProgram(terms: Omit<ProgramTerms, "version">, reason: string, expectedVersion: number) {
    return callRpc(
      this.deps.client,
      "update_program",
      { p_terms: { ...terms }, p_reason: reason, p_expected_version: expectedVersion },
      programVersionSchema,
    );
  }

  /** The programme's figures for a half-open period, against the one before it. */
  getMetrics(from: Date, to: Date) {
    return callRpc(
      this.deps.client,
      "get_program_metrics",
      { p_from: from.toISOString(), p_to: to.toISOString() },
      metricsSchema,
    );
  }
}
