import { z } from "zod";

const count = z.number().int().min(0);
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "Not an instant");
// Looser than RFC 9562 versions: Postgres accepts any 128 bits as a uuid.
const ids = z.array(z.guid());

const address = z
  .object({
    line1: z.string(),
    line2: z.string().nullish(),
    suburb: z.string().nullish(),
    city: z.string().nullish(),
    postal_code: z.string(),
  })
  .nullish();

/**
 * What the database gathered about an order that carries a referral code. A fact that is optional
 * and absent raises no signal.
 */
export const fraudEvidenceSchema = z.object({
  referrer: z.object({
    customer_id: z.guid(),
    email_normalised: z.string().nullable(),
    phone: z.string().nullable(),
    /** Numbers that they had before. They stay theirs. */
    former_phones: z.array(z.string()).optional(),
    address_key: z.string().nullable(),
    has_active_service: z.boolean(),
    /** Any suspended or cancelled service; matters only without an active one. */
    has_stopped_service: z.boolean(),
    overdue_invoices: count,
    ip_addresses: z.array(z.string()),
    /** As typed; `address_key` alone cannot tell what is nearly the same. */
    address,
  }),
  referred: z.object({
    email: z.string(),
    email_normalised: z.string(),
    phone: z.string().nullable(),
    address_key: z.string().nullable(),
    /** Was a customer before this order. */
    is_customer: z.boolean(),
    /** Was referred before, by anyone. */
    was_referred: z.boolean(),
    ip_address: z.string().nullable(),
    user_agent: z.string().nullable(),
    /** As typed. */
    address,
  }),
  /** Referrals of the referrer before this one; the month is that of the billing time zone. */
  counts: z.object({
    this_month: count,
    last_24h: count,
    /** Ever. Sent back with the verdict, so that it is refused when another friend came in between. */
    total: count,
  }),
  /** Other referrals that match the referred person: of the same referrer, the device of anyone. */
  matches: z.object({
    same_address_referral_ids: ids,
    same_phone_referral_ids: ids,
    /** Within `FRAUD_WINDOWS.shared_ip`. */
    same_ip_referral_ids: ids,
    /** Same user agent and IP address within `FRAUD_WINDOWS.same_device`. */
    same_device_referral_ids: ids,
  }),
  /** Other friends of the referrer, newest first; those of a year, 200 at most. */
  friends: z
    .array(
      z.object({
        referral_id: z.guid(),
        email: z.string(),
        phone: z.string().nullable(),
        address,
        ip_address: z.string().nullable(),
        referred_at: instant,
      }),
    )
    .optional(),
  /** Matches beyond the referrer. Addresses are candidates that share a coarse key. */
  elsewhere: z
    .object({
      /** Customers who have or had this phone, other than the referrer and the person who orders. */
      phone_customer_ids: ids,
      /** Friends of other referrers who have or had this phone. */
      phone_referral_ids: ids,
      /** Friends of other referrers, with the instant at which they were referred. */
      addresses: z.array(
        z.object({ referral_id: z.guid(), address, referred_at: instant.optional() }),
      ),
      /** Addresses that have our service, or had it until then. */
      served: z.array(z.object({ address, served_until: instant })),
    })
    .optional(),
  /** What of the person is known, as a keyed hash, from a customer whose data was erased. */
  returned: z.array(z.enum(["email", "phone", "address"])).optional(),
  /** Who referred the referrer, who referred that person, and so on: nearest first, five at most. */
  chain: z
    .array(
      z.object({
        customer_id: z.guid(),
        email_normalised: z.string().nullable(),
        phone: z.string().nullable(),
        former_phones: z.array(z.string()).optional(),
        address,
      }),
    )
    .optional(),
  /** What reviewers cleared for this referrer: a signal about a subject (`subjectOf`). */
  cleared: z.array(z.object({ signal: z.string(), subject: z.string() })).optional(),
  visit: z.object({ visited_at: instant.nullable() }),
  ordered_at: instant,
});

export type FraudEvidence = z.infer<typeof fraudEvidenceSchema>;

/** Whether a number is, or was, that of a customer: another number makes nobody another person. */
export const hasPhone = (
  customer: { phone: string | null; former_phones?: readonly string[] },
  number: string | null,
): boolean =>
  Boolean(number) && [customer.phone, ...(customer.former_phones ?? [])].includes(number);
