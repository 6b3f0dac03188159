import { z } from "zod";
import { referralOutcomeSchema } from "@/lib/fraud/schemas";
import { DISPLAY_NAME_LENGTH, displayName, shorten } from "@/lib/identity/names";
import { roleSchema } from "@/lib/permissions";
import { friendFactsSchema } from "@/lib/referrals/schemas";
import { mailName, mailParagraph } from "./plain-text";

/** May be empty, for instance after an erasure; the greeting then goes without. */
const firstName = z.string().transform((name) => mailName(displayName(name)));
/** First name and initial. Bounded, so that nobody writes a message into our mails with a name. */
const friend = z
  .string()
  .transform((name) => mailName(shorten(name, DISPLAY_NAME_LENGTH + " X.".length)))
  .pipe(z.string().min(1));
const reason = z.string().transform(mailParagraph).pipe(z.string().min(1));
const instant = z.iso.datetime({ offset: true });
const days = z.number().int().min(0);
const count = z.number().int().min(0);
const cents = z.number().int().min(0);
const currency = z.string().regex(/^[A-Z]{3}$/);

/** Where a friend stood when the mail was queued. */
const standing = { facts: friendFactsSchema, as_of: instant };

/** What a free month would take off an invoice today, VAT included; null without a service. */
const worth = { worth_cents: cents.nullable(), currency };

/** The whole name of a customer, for the team; empty when there is none. */
const customerName = z.string().transform(mailName);

/** An order, for the person who placed it. */
const order = z.object({
  first_name: firstName,
  order_number: z.string().regex(/^[0-9A-Z]{3}-[0-9A-Z]{3}$/),
  package_name: z.string().transform(mailName),
  /** VAT included. */
  monthly_price_cents: cents,
  currency,
  /** What became of a code that was given. */
  referral: referralOutcomeSchema,
  /** First name of the person whose invitation the order was placed with; null without one. */
  inviter: firstName.nullable(),
});

/** A code that was refused, and why. */
const refusedKindSchema = z.enum([
  "refused_duplicate_referral",
  "refused_referrer_not_eligible",
  "refused_rate_limited",
  "refused_program_paused",
  "refused_invalid_code",
]);
export type RefusedKind = z.infer<typeof refusedKindSchema>;

/** The news of a referrer: a referral that ended, a code that was refused, or a claim to answer. */
const newsItem = z.discriminatedUnion("kind", [
  z.object({
    kind: z.enum([
      "not_activated_in_time",
      "order_cancelled",
      "service_cancelled",
      "suspended_too_long",
    ]),
    friend,
    ...standing,
  }),
  z.object({ kind: refusedKindSchema }),
  z.object({ kind: z.literal("claim_made"), friend }),
]);

const referralChange = {
  first_name: firstName,
  referral_id: z.guid(),
  /** The last day of an extended referral, `YYYY-MM-DD`. */
  until: z.iso.date().optional(),
};

/** What an invoice charged, to say why the next one differs. Amounts VAT included. */
const charge = z.object({
  price_cents: cents,
  amount_due_cents: cents,
  waived_cents: cents,
  days: count,
  days_in_period: count,
  was_suspended: z.boolean(),
  completes_earlier: z.boolean(),
});
export type MailCharge = z.infer<typeof charge>;

/** An invoice as a mail names it. */
const mailInvoice = z.object({
  invoice_number: z.string().min(1).max(60),
  period_start: z.iso.date(),
  due_on: z.iso.date(),
  currency,
  package_name: z.string().transform(mailName),
  charge,
  /** What the service's invoice before it charged; null for its first one. */
  before: charge.nullable(),
  /** What is left to pay when the mail is written. */
  outstanding_cents: cents,
});
const mailInvoices = {
  first_name: firstName,
  currency,
  invoices: z.array(mailInvoice).min(1),
  /** How to pay, line by line; may be empty. */
  payment_instructions: z.string().transform(mailParagraph),
};

/** A service whose status an admin changed. */
const serviceStatus = z.object({
  first_name: firstName,
  package_name: z.string().transform(mailName),
  on: z.iso.date(),
  /** Whether an invoice is past its due date. */
  is_overdue: z.boolean(),
});

/** What each mail needs to know. It is queued in the transaction of the change that it reports. */
export const PAYLOAD_SCHEMAS = {
  /** To the person who ordered: the order is in. */
  order_received: order,
  /** To the person who ordered: their service is active. */
  service_active: order,
  /** To the customer: a service was suspended. */
  service_suspended: serviceStatus,
  /** To the customer: a suspended service works again. */
  service_reactivated: serviceStatus,
  /** To the customer: another package or price from a day on. Prices per month, VAT included. */
  service_package_changed: z.object({
    first_name: firstName,
    from_package: z.string().transform(mailName),
    from_price_cents: cents,
    to_package: z.string().transform(mailName),
    to_price_cents: cents,
    effective_on: z.iso.date(),
    currency,
  }),
  /** To the customer: new invoices. */
  invoice_issued: z.object(mailInvoices),
  /** To the customer: invoices are past their due date. */
  invoice_overdue: z.object(mailInvoices),
  /** To the customer: payments arrived. The balance is the one after them. */
  payment_received: z.object({
    first_name: firstName,
    currency,
    payments: z
      .array(
        z.object({
          invoice_number: z.string().min(1).max(60),
          amount_cents: cents,
          paid_on: z.iso.date(),
        }),
      )
      .min(1),
    /** Above zero it is owed, below zero it is the customer's credit. */
    balance_cents: z.number().int(),
  }),
  /** To a member of the team: another role, or rights that were taken away or given back. */
  role_changed: z.object({
    name: z.string().transform(mailName),
    from_role: roleSchema,
    to_role: roleSchema,
    is_active: z.boolean(),
  }),
  /** To the owner of an account: it has another password. */
  password_changed: z.object({ first_name: firstName, at: instant }),
  /** To the address that an account had and to the one that it has. The other one is masked. */
  email_changed: z.object({
    first_name: firstName,
    audience: z.enum(["old", "new"]),
    other_address: z.string().transform(mailName),
    at: instant,
  }),
  /** To a customer: they asked for erasure, or somebody who has their session did. */
  erasure_asked: z.object({ first_name: firstName, at: instant }),
  /** To the owner of an account: a browser that it was never signed in to with. */
  new_device: z.object({
    first_name: firstName,
    device: z.string().transform(mailName).pipe(z.string().min(1)),
    at: instant,
  }),
  /** To somebody who waited: their area can be connected now. */
  coverage_opened: z.object({
    first_name: firstName,
    suburb: z.string().transform(mailName),
    postal_code: z.string().regex(/^\d{4}$/),
    /** What they had chosen; null when it is not known. */
    package_slug: z.string().max(80).nullable(),
    /** The invitation that they came with; null without one. */
    referral_code: z.string().max(64).nullable(),
  }),
  /** To whoever invited them. It names nobody: who waits is no customer yet. */
  friend_coverage_opened: z.object({ first_name: firstName }),
  /** A friend ordered. The terms are frozen when the referral was made; two of them are days. */
  referral_signup: z.object({
    first_name: firstName,
    friend,
    qualifying_days: days,
    activation_window_days: days,
    paid_invoices_required: count,
    ...standing,
  }),
  /** The friend's service is active. */
  referral_activated: z.object({ first_name: firstName, friend, ...standing }),
  /** What happened in an hour that brings nothing: referrals that ended, codes that were refused. */
  referral_news: z.object({
    first_name: firstName,
    items: z.array(newsItem).min(1),
  }),
  /** An admin attached, reinstated or extended a referral, or did not accept a claim. */
  referral_update: z
    .discriminatedUnion("audience", [
      z.object({
        ...referralChange,
        audience: z.literal("referrer"),
        kind: z.enum(["attached", "reinstated", "extended"]),
        friend,
        ...standing,
      }),
      z.object({
        ...referralChange,
        audience: z.literal("friend"),
        kind: z.enum(["attached", "reinstated", "extended"]),
        inviter: z.string().transform(mailName),
      }),
      z.object({
        first_name: firstName,
        audience: z.literal("claimant"),
        kind: z.literal("claim_rejected"),
      }),
    ])
    .refine((change) => change.kind !== "extended" || change.until !== undefined, {
      path: ["until"],
      error: "until is missing",
    }),
  /** The friend counts towards a free month: as number `counted` of `required`. */
  referral_qualified: z.object({
    first_name: firstName,
    friend,
    paid_invoices_required: count,
    progress: z.object({ counted: count, required: count.min(1) }),
  }),
  /** Enough friends counted: these. */
  reward_earned: z.object({
    first_name: firstName,
    expires_at: instant,
    friends: z.array(friend),
    ...worth,
  }),
  /** A free month was used on an invoice. `period_start` is the first day of the billed month. */
  reward_applied: z.object({
    first_name: firstName,
    invoice_number: z.string().min(1).max(60),
    amount_waived_cents: cents,
    amount_due_cents: cents,
    period_start: z.iso.date(),
    currency,
    /** Earned by referrals, or granted by hand. */
    source: z.enum(["earned", "manual"]).default("earned"),
    /** A discount lowers the price; consideration is a credit against the total. */
    treatment: z.enum(["discount", "consideration"]).default("discount"),
  }),
  /** Given by an admin as goodwill, who named the reason. */
  reward_granted: z.object({ first_name: firstName, reason, expires_at: instant, ...worth }),
  /** Taken back by an admin, who named the reason. */
  reward_revoked: z.object({ first_name: firstName, reason }),
  reward_expiring: z.object({ first_name: firstName, expires_at: instant, ...worth }),
  reward_expired: z.object({ first_name: firstName, expires_at: instant }),
  /** A part or all of an invoice was taken back. The balance is the one after it. */
  credit_note_issued: z.object({
    first_name: firstName,
    credit_note_number: z.string().min(1).max(60),
    invoice_number: z.string().min(1).max(60),
    total_cents: cents,
    reason,
    /** Above zero it is owed, below zero it is the customer's credit. */
    balance_cents: z.number().int(),
    currency,
  }),
  /** A reviewer decided that a friend does not count. Until `ask_until` a person can be asked. */
  referral_rejected: z.object({
    first_name: firstName,
    friend,
    referral_id: z.uuid(),
    ask_until: z.iso.date(),
  }),
  /** The referrer asked that somebody else looks at it; they decide by `due_on`. */
  appeal_received: z.object({ first_name: firstName, friend, due_on: z.iso.date() }),
  appeal_decided: z.object({
    first_name: firstName,
    friend,
    outcome: z.enum(["upheld", "dismissed"]),
  }),
  /** What happened together in the programme: the mails that left as one, in their order. */
  programme_digest: z.object({
    first_name: firstName,
    items: z
      .array(z.object({ template: z.string(), payload: z.record(z.string(), z.unknown()) }))
      .min(1),
  }),
  /** To the admins: referrals, or refused uses of a code, that somebody should look at. */
  suspicious_activity: z
    .object({
      kind: z.enum(["referrals", "refused_attempts"]).default("referrals"),
      referrer_id: z.uuid(),
      referrer_name: customerName,
      referral_id: z.uuid().optional(),
      /** Of the newest referral; null without one. */
      friend_name: customerName.nullable(),
      /** Refused uses of the code within 24 hours. */
      attempts: count.optional(),
      signals: z.array(z.string().transform(mailName)),
    })
    .refine(({ kind, referral_id }) => kind !== "referrals" || referral_id !== undefined, {
      path: ["referral_id"],
      error: "An alert about referrals names the newest one: referral_id.",
    }),
  /** To the admins: a billing run ended with errors. Both numbers are counts. */
  billing_run_failed: z.object({
    run_id: z.uuid(),
    period_start: z.iso.date(),
    errors: count,
    invoices: count,
  }),
  /** To the admins: services that were active and are not billed, by month. */
  services_unbilled: z.object({
    services: count,
    months: z.array(z.object({ period_start: z.iso.date(), services: count, errors: count })),
  }),
  /** To the admins: rules that the nightly check found broken, the first twenty. */
  invariants_violated: z.object({
    violations: count,
    rules: z.array(z.object({ invariant: count, rule: z.string().max(500), count })),
  }),
  /** To the admins: a customer asks for erasure. */
  erasure_requested: z.object({ customer_id: z.guid(), customer_name: customerName }),
  /** To the admins: the mail provider failed as a whole and works again. */
  mail_outage: z.object({
    opened_at: instant,
    closed_at: instant,
    cause: z.enum(["refused", "limit", "server", "network", "answer"]),
    /** Mails that waited when it was over. */
    waiting: count,
  }),
} as const satisfies Record<string, z.ZodType>;

export type NotificationTemplate = keyof typeof PAYLOAD_SCHEMAS;

/** A validated payload, names already made safe to show. */
export type Payload<T extends NotificationTemplate> = z.output<(typeof PAYLOAD_SCHEMAS)[T]>;

/** Whether a name is that of a mail this version can write. */
export function isNotificationTemplate(name: string): name is NotificationTemplate {
  return Object.hasOwn(PAYLOAD_SCHEMAS, name);
}
