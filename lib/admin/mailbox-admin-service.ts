import { type ListPage, listArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type MailSettings,
  mailSettingsPageSchema,
  mailSettingsVersionSchema,
} from "./mail-settings";
import {
  type FailureCause,
  failedCountsSchema,
  liftedSuppressionSchema,
  type NotificationStatus,
  notificationPageSchema,
  notificationSchema,
  releasedNotificationsSchema,
  resentNotificationsSchema,
  retriedNotificationSchema,
  type SuppressionCause,
  suppressionPageSchema,
} from "./mailbox-schemas";

interface MailboxQuery {
  status?: NotificationStatus;
  template?: string;
  cause?: FailureCause;
  /** The beginning of a customer's name or address, their code or phone; or a whole address. */
  q?: string;
  from?: string;
  to?: string;
  /** Only the mails to this customer. */
  customerId?: string;
}

/**
 * The mails of the outbox, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class MailboxAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  /** The mailbox, newest first. `from` and `to` are days of the billing zone, both included. */
  listNotifications(query: ListPage & MailboxQuery) {
    return callRpc(
      this.deps.client,
      "admin_list_notifications",
      {
        p_status: query.status,
        p_template: query.template,
        p_cause: query.cause,
        p_q: query.q,
        p_from: query.from,
        p_to: query.to,
        p_customer_id: query.customerId,
        ...listArgs(query),
      },
      notificationPageSchema,
    );
  }

  /** How many mails were given up and wait for a person, by cause. */
  countFailed() {
    return callRpc(this.deps.client, "count_failed_notifications", {}, failedCountsSchema);
  }

  /**
   * Queues the mails again that were given up for a cause, 5000 at most at a time. A dry run says
   * how many and which, and needs no reason.
   * @throws AppError `invalid_request`
   */
  resendFailed(wish: { cause: FailureCause; reason: string; dryRun: boolean }) {
    return callRpc(
      this.deps.client,
      "resend_failed_notifications",
      { p_cause: wish.cause, p_reason: wish.reason, p_dry_run: wish.dryRun },
      resentNotificationsSchema,
    );
  }

  /**
   * Queues mails that were only captured since a day of the billing zone, 5000 at most at a time.
   * They are written anew, and what is no longer true is cancelled. A dry run says how many and
   * which, and needs no reason.
   * @throws AppError `invalid_request`
   */
  releaseCaptured(wish: { from: string; reason: string; dryRun: boolean }) {
    return callRpc(
      this.deps.client,
      "release_captured_notifications",
      { p_from: wish.from, p_reason: wish.reason, p_dry_run: wish.dryRun },
      releasedNotificationsSchema,
    );
  }

  /** The addresses that get no mails, newest first. `q` is a whole address. */
  listSuppressions({ q, cause, ...page }: ListPage & { q?: string; cause?: SuppressionCause }) {
    return callRpc(
      this.deps.client,
      "admin_list_mail_suppressions",
      // This list is always counted.
      { p_q: q, p_cause: cause, ...listArgs({ ...page, count: undefined }) },
      suppressionPageSchema,
    );
  }

  /** Lets mails go to an address again. @throws AppError `invalid_request`, `not_found` */
  liftSuppression(id: string, reason: string) {
    return callRpc(
      this.deps.client,
      "lift_mail_suppression",
      { p_id: id, p_reason: reason },
      liftedSuppressionSchema,
    );
  }

  /** One mail with its rendering. @throws AppError `not_found` */
  getNotification(id: string) {
    return callRpc(this.deps.client, "admin_get_notification", { p_id: id }, notificationSchema);
  }

  /** Queues a failed mail again. @throws AppError `notification_not_retryable` */
  retryNotification(id: string) {
    return callRpc(this.deps.client, "retry_notification", { p_id: id }, retriedNotificationSchema);
  }

  /** How mails are sent and kept, and earlier versions. */
  getSettings() {
    return callRpc(this.deps.client, "get_mail_settings", {}, mailSettingsPageSchema);
  }

  /**
   * Makes a new version of the settings. What is left out stays as it is.
   *
   * @throws AppError `password_needed`; `version_conflict` when somebody else was faster.
   */
  updateSettings(settings: Partial<MailSettings>, reason: string, expectedVersion: number) {
    return callRpc(
      this.deps.client,
      "update_mail_settings",
      { p_settings: { ...settings }, p_reason: reason, p_expected_version: expectedVersion },
      mailSettingsVersionSchema,
    );
  }
}
