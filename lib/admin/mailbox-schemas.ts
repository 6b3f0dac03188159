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

export const notificationRowSchema = z.object({
  id: z.guid(),
  template: z.string(),
  recipient: z.string(),
  customer_id: z.guid().nullable(),
  status: notificationStatusSchema,
  attempts: count,
  subject: z.string().nullable(),
  last_error: z.string().nullable(),
  created_at: z.string(),
  sent_at: z.string().nullable(),
  next_attempt_at: z.string(),
});
export type NotificationRow = z.infer<typeof notificationRowSchema>;
export const notificationPageSchema = z.object({
  notifications: z.array(notificationRowSchema),
  next_cursor: nextCursorSchema,
});
export const notificationSchema = notificationRowSchema.extend({
  payload: z.record(z.string(), z.unknown()),
  html: z.string().nullable(),
  text_body: z.string().nullable(),
});

export const retriedNotificationSchema = z.object({
  id: z.guid(),
  status: z.literal(notificationStatusSchema.enum.queued),
});
