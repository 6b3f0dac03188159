import { z } from "zod";
import { nextCursorSchema } from "@/lib/paging";

/** Mails of the outbox as admins see them, on the wire. Times ISO 8601. */

const count = z.number().int().min(0);

/** Cancelled: the mail was for somebody whose details were erased. */
export const notificationStatusSchema = z.enum([
  "queued",
  "sending",
  "sent",
  "captured",
  "failed",
  "cancelled",
]);
export type NotificationStatus = z.infer<typeof notificationStatusSchema>;

/** Why a mail was given up. Unclear: it may have arrived. */
export const failureCauseSchema = z.enum(["refused", "unwritten", "unclear", "interrupted"]);
export type FailureCause = z.infer<typeof failureCauseSchema>;

export const notificationRowSchema = z.object({
  id: z.guid(),
  template: z.string(),
  recipient: z.string(),
  customer_id: z.guid().nullable(),
  status: notificationStatusSchema,
  attempts: count,
  subject: z.string().nullable(),
  last_error: z.string().nullable(),
  failure_cause: failureCauseSchema.nullable(),
  created_at: z.string(),
  sent_at: z.string().nullable(),
  next_attempt_at: z.string(),
});
export type NotificationRow = z.infer<typeof notificationRowSchema>;
export const notificationPageSchema = z.object({
  notifications: z.array(notificationRowSchema),
  next_cursor: nextCursorSchema,
});
/** One hand-over to the provider; without an outcome while it is under way. Newest first. */
const trySchema = z.object({
  started_at: z.string(),
  ended_at: z.string().nullable(),
  outcome: z
    .enum(["sent", "captured", "mail_refused", "provider_failed", "unknown", "slowed"])
    .nullable(),
  http_status: z.number().int().nullable(),
  error: z.string().nullable(),
  provider_key: z.guid(),
});
export type MailTry = z.infer<typeof trySchema>;

export const notificationSchema = notificationRowSchema.extend({
  payload: z.record(z.string(), z.unknown()),
  html: z.string().nullable(),
  text_body: z.string().nullable(),
  provider_message_id: z.string().nullable(),
  /** The idempotency key at the provider. */
  provider_key: z.guid(),
  may_have_arrived: z.boolean(),
  /** For how many days the text and the tries are kept. */
  retention_days: count,
  tries: z.array(trySchema),
  tries_total: count,
});

export const retriedNotificationSchema = z.object({
  id: z.guid(),
  status: z.literal(notificationStatusSchema.enum.queued),
});

export const failedCountsSchema = z.object({
  total: count,
  by_cause: z.partialRecord(failureCauseSchema, count),
});

export const resentNotificationsSchema = z.object({
  cause: failureCauseSchema,
  /** How many are queued again, or would be. */
  mails: count,
  /** How many more there are of this cause. */
  left: count,
  /** How many of each template. */
  templates: z.record(z.string(), count),
  dry_run: z.boolean(),
});
export type ResentNotifications = z.infer<typeof resentNotificationsSchema>;
