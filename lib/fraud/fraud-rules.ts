import { z } from "zod";
import { DAY_MS } from "@/lib/dates";
import { isDisposableEmail } from "@/lib/identity/disposable-email";
import type { ProgramTerms } from "@/lib/programme/terms";
import {
  ADDRESS_REUSE_DAYS,
  type BlockReason,
  FAST_ORDER_SECONDS,
  type FraudSignal,
  type Severity,
  SHARED_IP_REFERRALS,
  SIGNALS,
} from "./fraud-signals";

export {
  ADDRESS_REUSE_DAYS,
  BLOCK_MESSAGES,
  BLOCK_REASONS,
  type BlockReason,
  FAST_ORDER_SECONDS,
  type FraudSignal,
  type Severity,
  SHARED_IP_REFERRALS,
  SIGNALS,
  type SignalDefinition,
} from "./fraud-signals";

const count = z.number().int().min(0);
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "Not an instant");
// Looser than RFC 9562 versions: Postgres accepts any 128 bits as a uuid.
const ids = z.array(z.guid());

/** What the database gathered about an order that carries a referral code. */
export const fraudEvidenceSchema = z.object({
  referrer: z.object({
    customer_id: z.guid(),
    email_normalised: z.string().nullable(),
    phone: z.string().nullable(),
    address_key: z.string().nullable(),
    has_active_service: z.boolean(),
    /** Any suspended or cancelled service; matters only without an active one. */
    has_stopped_service: z.boolean(),
    overdue_invoices: count,
    ip_addresses: z.array(z.string()),
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
    /** Last day on which the address had our service; now when it still has. */
    address_served_until: instant.nullable(),
    address_served_recently: z.boolean(),
  }),
  visit: z.object({ visited_at: instant.nullable() }),
  ordered_at: instant,
});

export type FraudEvidence = z.infer<typeof fraudEvidenceSchema>;

/** For reviewers only: what matched what. Never shown to a customer. */
export type FlagEvidence = Record<string, string | number | boolean | null | string[]>;

export type FraudFlag = {
  signal: FraudSignal;
  severity: Severity;
  weight: number;
  evidence: FlagEvidence;
};

export type FraudVerdict =
  | { verdict: "blocked"; reason: BlockReason; evidence: FlagEvidence }
  | {
      verdict: "accepted";
      flags: FraudFlag[];
      /** The admins are to be alerted by mail. */
      alert: boolean;
    };

const same = (a: string | null, b: string | null): boolean => a !== null && a !== "" && a === b;

function selfMatches({ referrer, referred }: FraudEvidence): string[] {
  return [
    ...(same(referrer.email_normalised, referred.email_normalised) ? ["email"] : []),
    ...(same(referrer.phone, referred.phone) ? ["phone"] : []),
  ];
}

/** Referrer and referred are one person: same normalised e-mail, or same phone. */
export const isSelfReferral = (evidence: FraudEvidence): boolean =>
  selfMatches(evidence).length > 0;

/** The referred person is a customer already, or was referred before by anyone. */
export const isDuplicateReferral = ({ referred }: FraudEvidence): boolean =>
  referred.is_customer || referred.was_referred;

/** The referrer has an active service and no overdue invoice. */
export const isEligibleReferrer = ({ referrer }: FraudEvidence): boolean =>
  referrer.has_active_service && referrer.overdue_invoices === 0;

/** The referrer's limit for this calendar month is reached before this referral. */
export const isRateLimited = (
  { counts }: FraudEvidence,
  terms: Pick<ProgramTerms, "monthly_referral_limit">,
): boolean => counts.this_month >= terms.monthly_referral_limit;

/** The order's IP address is one of the referrer's, or that of two of their other referrals. */
export function isSuspiciousIP({ referrer, referred, matches }: FraudEvidence): boolean {
  if (referred.ip_address === null) return false;
  return (
    referrer.ip_addresses.includes(referred.ip_address) ||
    matches.same_ip_referral_ids.length >= SHARED_IP_REFERRALS
  );
}

/** With this referral, more than `velocity_alert` came within 24 hours. */
const isTooFast = ({ counts }: FraudEvidence, terms: Pick<ProgramTerms, "velocity_alert">) =>
  counts.last_24h + 1 > terms.velocity_alert;

function wasServedRecently({ referred, matches, ordered_at }: FraudEvidence): boolean {
  if (!referred.address_key) return false;
  if (matches.address_served_recently) return true;
  if (matches.address_served_until === null) return false;
  const age = Date.parse(ordered_at) - Date.parse(matches.address_served_until);
  return age <= ADDRESS_REUSE_DAYS * DAY_MS;
}

/** Seconds from the visit to the order; null without a visit, or when the visit came later. */
function secondsToOrder({ visit, ordered_at }: FraudEvidence): number | null {
  if (visit.visited_at === null) return null;
  const seconds = (Date.parse(ordered_at) - Date.parse(visit.visited_at)) / 1000;
  return seconds < 0 ? null : seconds;
}

function blockOf(
  evidence: FraudEvidence,
  terms: ProgramTerms,
): { reason: BlockReason; evidence: FlagEvidence } | null {
  const { referrer, referred, counts } = evidence;
  if (isSelfReferral(evidence)) {
    return { reason: "self_referral", evidence: { matched: selfMatches(evidence) } };
  }
  if (isDuplicateReferral(evidence)) {
    const { is_customer, was_referred } = referred;
    return { reason: "duplicate_referral", evidence: { is_customer, was_referred } };
  }
  if (!isEligibleReferrer(evidence)) {
    const { has_active_service, has_stopped_service, overdue_invoices } = referrer;
    return {
      reason: "referrer_not_eligible",
      evidence: { has_active_service, has_stopped_service, overdue_invoices },
    };
  }
  if (isRateLimited(evidence, terms)) {
    return {
      reason: "rate_limited",
      evidence: { this_month: counts.this_month, limit: terms.monthly_referral_limit },
    };
  }
  return null;
}

function signalsOf(
  evidence: FraudEvidence,
  terms: ProgramTerms,
): Partial<Record<FraudSignal, FlagEvidence>> {
  const { referrer, referred, counts, matches, visit } = evidence;
  const found: Partial<Record<FraudSignal, FlagEvidence>> = {};

  if (same(referrer.address_key, referred.address_key)) {
    found.same_address_as_referrer = {
      address_key: referred.address_key,
      referrer_customer_id: referrer.customer_id,
    };
  }
  // Two people who left a field empty have nothing in common.
  if (referred.address_key && matches.same_address_referral_ids.length > 0) {
    found.same_address_as_referral = {
      address_key: referred.address_key,
      referral_ids: matches.same_address_referral_ids,
    };
  }
  if (referred.phone && matches.same_phone_referral_ids.length > 0) {
    found.same_phone_as_referral = {
      phone: referred.phone,
      referral_ids: matches.same_phone_referral_ids,
    };
  }
  if (wasServedRecently(evidence)) {
    found.address_recently_served = {
      address_key: referred.address_key,
      served_until: matches.address_served_until,
      within_days: ADDRESS_REUSE_DAYS,
    };
  }
  if (isTooFast(evidence, terms)) {
    found.velocity = { in_24_hours: counts.last_24h + 1, alert_above: terms.velocity_alert };
  }
  if (isDisposableEmail(referred.email)) {
    found.disposable_email = {
      domain: referred.email.trim().toLowerCase().split("@").at(-1) ?? "",
    };
  }
  if (isSuspiciousIP(evidence)) {
    found.shared_ip = {
      ip_address: referred.ip_address,
      used_by_referrer: referrer.ip_addresses.some((ip) => ip === referred.ip_address),
      referral_ids: matches.same_ip_referral_ids,
    };
  }
  if (matches.same_device_referral_ids.length > 0) {
    found.same_device = {
      ip_address: referred.ip_address,
      user_agent: referred.user_agent,
      referral_ids: matches.same_device_referral_ids,
    };
  }
  const seconds = secondsToOrder(evidence);
  if (seconds !== null && seconds <= FAST_ORDER_SECONDS) {
    found.fast_order = {
      visited_at: visit.visited_at,
      ordered_at: evidence.ordered_at,
      seconds: Math.round(seconds),
    };
  }
  return found;
}

/**
 * Judges one referral from what the database gathered. Blocks are checked in this order: self,
 * duplicate, eligibility, monthly limit. An accepted referral carries its signals, in the order
 * of `SIGNALS`; one with a `hold` feeds no reward until a reviewer clears it. An IP address or
 * a device alone never blocks or holds: carriers share addresses between many people.
 */
export function assessReferral(evidence: FraudEvidence, terms: ProgramTerms): FraudVerdict {
  const block = blockOf(evidence, terms);
  if (block !== null) return { verdict: "blocked", ...block };
  const found = signalsOf(evidence, terms);
  const flags = (Object.keys(SIGNALS) as FraudSignal[]).flatMap((signal) => {
    const matched = found[signal];
    const { severity, weight } = SIGNALS[signal];
    return matched === undefined ? [] : [{ signal, severity, weight, evidence: matched }];
  });
  return { verdict: "accepted", flags, alert: found.velocity !== undefined };
}
