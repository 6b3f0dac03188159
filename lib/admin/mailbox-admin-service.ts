import { type Page, pageArgs } from "@/lib/paging";
import type { CallerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type NotificationStatus,
  notificationPageSchema,
  notificationSchema,
  retriedNotificationSchema,
} from "./mailbox-schemas";

/**
 * The mails of the outbox, with the rights of an admin. Every database function
 * checks the permission and takes the actor from the session.
 *
 * All methods raise AppError `unauthenticated` and `forbidden`.
 */
export class MailboxAdminService {
  constructor(private readonly deps: { client: CallerClient }) {}

  listNotifications(query: Page & { status?: NotificationStatus }) {
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

  /** Queues a failed mail again. @throws AppError `notification_not_retryable` */
  retryNotification(id: string) {
    return callRpc(this.deps.client, "retry_notification", { p_id: id }, retriedNotificationSchema);
  }
}
