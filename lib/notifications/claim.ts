import { z } from "zod";
import type { RenderedMail } from "./render";

/** What the database hands to a worker of the outbox. */

const count = z.number().int().min(0);

export const claimSchema = z.object({
  state: z.enum(["claimed", "empty", "held", "paused", "paced", "open"]),
  lease_token: z.uuid().optional(),
  mails: z.array(
    z.object({
      id: z.uuid(),
      key: z.uuid(),
      template: z.string(),
      recipient: z.string(),
      payload: z.record(z.string(), z.unknown()),
      attempts: z.number().int().min(1),
      /** As written for the first try; null before it. */
      subject: z.string().nullable(),
      html: z.string().nullable(),
      text: z.string().nullable(),
      reply_to: z.string().nullable(),
      unsubscribe_url: z.string().nullable(),
      /** What a link to the choice of mails carries; null where there is nothing to choose. */
      choice_token: z.string().nullable(),
      /** Whether it is news that a customer may opt out of. */
      is_optional: z.boolean(),
    }),
  ),
  given_up: count,
  /** Until the state can change, in milliseconds. */
  wait_ms: count.nullable(),
  /** Until the first mail may be handed over, and from one to the next, in milliseconds. */
  hold_ms: count,
  interval_ms: count,
});
export type ClaimedMail = z.infer<typeof claimSchema>["mails"][number];

export type WrittenMail = RenderedMail & {
  replyTo: string;
  /** Where one click ends such mails; null for mails that have to be sent. */
  unsubscribeUrl: string | null;
};

/** The mail as an earlier try wrote it. */
export function frozenText({
  subject,
  html,
  text,
  reply_to,
  unsubscribe_url: unsubscribeUrl,
}: ClaimedMail): WrittenMail | null {
  if (subject === null || html === null || text === null || reply_to === null) return null;
  return { subject, html, text, replyTo: reply_to, unsubscribeUrl };
}
