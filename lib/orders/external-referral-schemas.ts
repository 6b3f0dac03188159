import { z } from "zod";
import { NOT_APPLIED_REASONS } from "@/lib/fraud/fraud-signals";
import { personName } from "@/lib/identity/names";
import { addressSchema, emailSchema, phoneSchema } from "@/lib/identity/schemas";
import { LONGEST_SHARED_TEXT } from "@/lib/referrals/referral-code";

/** What another system sends to `/api/v1`, and what it is answered. Times ISO 8601, UTC. */

/** The id that the other system gave to an order. It is a part of addresses. */
export const externalIdSchema = z
  .string({ error: "Send the id of the order in your system." })
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$/,
    "Use up to 128 letters, digits and . _ : ~ -, and begin with a letter or digit.",
  );

/** An instant with its offset from UTC, in one notation. */
const instantSchema = z.iso
  .datetime({
    offset: true,
    error: "Send an ISO 8601 time with its offset, like 2026-11-30T08:00:00Z.",
  })
  .transform((text) => new Date(text).toISOString());

/** A fact that is not known may be left out or sent as null. */
const optional = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value) => value ?? undefined);

const firstName = personName("Enter a name.");

/** A whole name. The first word counts as the first name, as far as a referrer may see it. */
const nameSchema = z
  .string()
  .trim()
  .max(640, "This name is too long.")
  .transform((name, context) => {
    const [first = "", ...rest] = name.split(/\p{Zs}+/u);
    const parts = [first, rest.join(" ")].map((part) => firstName.safeParse(part));
    const wrong = parts.find((part, at) => !part.success && (at === 0 || rest.length > 0));
    if (wrong?.error) {
      context.addIssue({ code: "custom", message: wrong.error.issues[0]?.message });
      return z.NEVER;
    }
    return { first_name: parts[0]?.data ?? "", last_name: parts[1]?.data ?? "" };
  });

/** An order that was placed in another system with a referral code. */
export const externalReferralSchema = z.object({
  external_id: externalIdSchema,
  /** A code, a link or a message with one; never refused for its form. */
  referral_code: z
    .string({ error: "Send the referral code of the order." })
    .trim()
    .min(1, "Send the referral code of the order.")
    // The cut may halve a character that takes two units; no half can be stored.
    .transform((text) => text.slice(0, LONGEST_SHARED_TEXT).toWellFormed()),
  email: optional(emailSchema),
  phone: optional(phoneSchema),
  name: optional(nameSchema),
  address: optional(addressSchema),
  /** When the order was placed; absent: now. */
  ordered_at: optional(instantSchema),
});
export type ExternalReferral = z.infer<typeof externalReferralSchema>;

/** What another system reports of the friend's service. */
export const externalEventSchema = z.object({
  type: z.enum(["activated", "suspended", "resumed", "cancelled", "invoice_paid"], {
    error: "Use activated, suspended, resumed, cancelled or invoice_paid.",
  }),
  /** When it happened. */
  at: instantSchema,
});
export type ExternalEvent = z.infer<typeof externalEventSchema>;

/** What recording an order answers. The reason says in general terms why the code was not applied. */
export const recordedReferralSchema = z.object({
  /** Null when the code was not applied. */
  referral_id: z.guid().nullable(),
  status: z.enum(["recorded", "not_applied"]),
  reason: z.enum(NOT_APPLIED_REASONS).optional(),
});
export type RecordedReferral = z.infer<typeof recordedReferralSchema>;

/** Where a friend whose service is elsewhere stands. */
export const externalStandingSchema = z.object({
  external_id: z.string(),
  referral_id: z.guid().nullable(),
  /** Of the referral; `not_applied` when the code was not applied. */
  status: z.enum([
    "pending",
    "active",
    "qualified",
    "expired",
    "cancelled",
    "rejected",
    "not_applied",
  ]),
  reason: z.string().nullable(),
  service_status: z.enum(["pending", "active", "suspended", "cancelled"]),
  activated_at: z.string().nullable(),
  qualifies_at: z.string().nullable(),
  qualified_at: z.string().nullable(),
  paid_invoices: z.number().int(),
});

/** The same after an event. */
export const eventAnswerSchema = externalStandingSchema.extend({
  /** False: it was reported before, or the service was in that state already. */
  applied: z.boolean(),
});
