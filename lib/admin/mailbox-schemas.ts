import { z } from "zod";
import { listFields } from "@/lib/paging";

/** Mails of the outbox as admins see them, on the wire. Times ISO 8601. */

const count = z.number().int().min(0);

/** Cancelled: not sent, because it is no longer true or nobody can get it. */
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

/** Why a mail was not sent. */
const cancelCauseSchema = z.enum([
  "erased",
  "undone",
  "restored",
  "suppressed",
  "settled",
  "merged",
  "programme_paused",
  "reward_gone",
  "referral_ended",
  "opted_out",
]);
export type CancelCause = z.infer<typeof cancelCauseSchema>;

/** What the provider reported of a mail that it took. */
const deliveryStateSchema = z.enum([
  "delayed",
  "delivered",
  "failed",
  "soft_bounced",
  "bounced",
  "complained",
]);
export type DeliveryState = z.infer<typeof deliveryStateSchema>;

/** Why an address gets no mails. */
export const suppressionCauseSchema = z.enum(["bounced", "soft_bounces", "complained"]);
export type SuppressionCause = z.infer<typeof suppressionCauseSchema>;

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
  cancel_cause: cancelCauseSchema.nullable(),
  delivery_state: deliveryStateSchema.nullable(),
  delivery_at: z.string().nullable(),
  created_at: z.string(),
  sent_at: z.string().nullable(),
  next_attempt_at: z.string(),
});
export type NotificationRow = z.infer<typeof notificationRowSchema>;
export const notificationPageSchema = z.object({
  notifications: z.array(notificationRowSchema),
  ...listFields,
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

/** One report of the provider. */
const mailEventSchema = z.object({
  kind: deliveryStateSchema.or(z.literal("sent")),
  occurred_at: z.string(),
  detail: z.string().nullable(),
});
export type MailEvent = z.infer<typeof mailEventSchema>;

export const notificationSchema = notificationRowSchema.extend({
  payload: z.record(z.string(), z.unknown()),
  html: z.string().nullable(),
  text_body: z.string().nullable(),
  provider_message_id: z.string().nullable(),
  /** The idempotency key at the provider. */
  provider_key: z.guid(),
  may_have_arrived: z.boolean(),
  /** The mail with which this one left. */
  merged_into: z.guid().nullable(),
  /** For how many days the text and the tries are kept. */
  retention_days: count,
  tries: z.array(trySchema),
  tries_total: count,
  /** The newest 50, newest first. */
  events: z.array(mailEventSchema),
  /** Set while the address gets no mails. */
  suppression: z
    .object({ id: z.guid(), cause: suppressionCauseSchema, created_at: z.string() })
    .nullable(),
});

/** An address that gets no mails. */
const suppressionSchema = z.object({
  id: z.guid(),
  address: z.string(),
  cause: suppressionCauseSchema,
  created_at: z.string(),
  customer_id: z.guid().nullable(),
  notification_id: z.guid().nullable(),
});
export type Suppression = z.infer<typeof suppressionSchema>;
export const suppressionPageSchema = z.object({
  suppressions: z.array(suppressionSchema),
  ...listFields,
  total: count,
});

export const liftedSuppressionSchema = z.object({ id: z.guid(), lifted_at: z.string() });

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
/** Captured mails that are queued, or would be. */
export const releasedNotificationsSchema = resentNotificationsSchema
  .omit({ cause: true })
  .extend({ from: z.iso.date() });
export type ReleasedNotifications = z.infer<typeof releasedNotificationsSchema>;
export type ResentNotifications = z.infer<typeof resentNotificationsSchema>;
