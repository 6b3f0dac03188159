import { z } from "zod";
import { mailName, mailParagraph } from "./plain-text";

/** May be empty, for instance after an erasure; the greeting then goes without. */
const firstName = z.string().transform(mailName);
const friend = z.string().transform(mailName).pipe(z.string().min(1));
const reason = z.string().transform(mailParagraph).pipe(z.string().min(1));
const instant = z.iso.datetime({ offset: true });
const days = z.number().int().min(0);
const count = z.number().int().min(0);
const cents = z.number().int().min(0);

/** What each mail needs to know. It is queued in the transaction of the change that it reports. */
export const PAYLOAD_SCHEMAS = {
  /** A friend ordered. Both terms are days, frozen when the referral was made. */
  referral_signup: z.object({
    first_name: firstName,
    friend,
    qualifying_days: days,
    activation_window_days: days,
  }),
  /** The friend's service is active; it counts at `qualifies_at`. */
  referral_activated: z.object({ first_name: firstName, friend, qualifies_at: instant }),
  /** The friend counts towards a free month. */
  referral_qualified: z.object({ first_name: firstName, friend }),
  /** Enough friends counted. */
  reward_earned: z.object({ first_name: firstName, expires_at: instant }),
  /** A free month was used on an invoice. `period_start` is the first day of the billed month. */
  reward_applied: z.object({
    first_name: firstName,
    invoice_number: z.string().min(1).max(60),
    amount_waived_cents: cents,
    amount_due_cents: cents,
    period_start: z.iso.date(),
    currency: z.string().regex(/^[A-Z]{3}$/),
  }),
  /** Given by an admin, who named the reason. */
  reward_granted: z.object({ first_name: firstName, reason, expires_at: instant }),
  /** Taken back by an admin, who named the reason. */
  reward_revoked: z.object({ first_name: firstName, reason }),
  reward_expiring: z.object({ first_name: firstName, expires_at: instant }),
  reward_expired: z.object({ first_name: firstName, expires_at: instant }),
  /** To the admins: a referral that somebody should look at. */
  suspicious_activity: z.object({
    referrer_id: z.uuid(),
    referral_id: z.uuid(),
    signals: z.array(z.string().transform(mailName)),
  }),
  /** To the admins: a billing run ended with errors. Both numbers are counts. */
  billing_run_failed: z.object({
    run_id: z.uuid(),
    period_start: z.iso.date(),
    errors: count,
    invoices: count,
  }),
} as const satisfies Record<string, z.ZodType>;

export type NotificationTemplate = keyof typeof PAYLOAD_SCHEMAS;

/** A validated payload, names already made safe to show. */
export type Payload<T extends NotificationTemplate> = z.output<(typeof PAYLOAD_SCHEMAS)[T]>;

/** Whether a name is that of a mail this version can write. */
export function isNotificationTemplate(name: string): name is NotificationTemplate {
  return Object.hasOwn(PAYLOAD_SCHEMAS, name);
}
