import { DAY_MS } from "@/lib/dates";
import { isDisposableEmail } from "@/lib/identity/disposable-email";
import { ipNetwork } from "@/lib/identity/ip-network";
import { mailboxOf } from "@/lib/identity/mailbox";
import type { ProgramTerms } from "@/lib/programme/terms";
import { placesOf } from "./address-matches";
import type { FraudEvidence } from "./fraud-evidence";
import { heldTogether, patternsOf } from "./fraud-patterns";
import {
  ADDRESS_REUSE_DAYS,
  type BlockReason,
  FAST_ORDER_SECONDS,
  type FlagEvidence,
  type FraudSignal,
  type Severity,
  SHARED_IP_DAYS,
  SHARED_IP_REFERRALS,
  SIGNALS,
} from "./fraud-signals";

export { type FraudEvidence, fraudEvidenceSchema } from "./fraud-evidence";
export {
  BLOCK_MESSAGES,
  BLOCK_REASONS,
  type FraudSignal,
  SIGNALS,
} from "./fraud-signals";

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

/** One mailbox behind two addresses, also where a provider's alias hides it. */
const sameMailbox = (a: string | null, b: string | null): boolean =>
  same(a, b) || (a !== null && b !== null && same(mailboxOf(a), mailboxOf(b)));

function selfMatches({ referrer, referred }: FraudEvidence): string[] {
  return [
    ...(sameMailbox(referrer.email_normalised, referred.email_normalised) ? ["email"] : []),
    ...(same(referrer.phone, referred.phone) ? ["phone"] : []),
  ];
}

/** Referrer and referred are one person: same mailbox, or same phone. */
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

/** Friends of the referrer who came from the order's network within `SHARED_IP_DAYS` days. */
function sameNetworkIds({ referred, matches, friends, ordered_at }: FraudEvidence): string[] {
  const ip = referred.ip_address;
  if (ip === null) return [];
  const since = Date.parse(ordered_at) - SHARED_IP_DAYS * DAY_MS;
  const found = (friends ?? []).filter(
    ({ ip_address, referred_at }) =>
      ip_address !== null &&
      ipNetwork(ip_address) === ipNetwork(ip) &&
      Date.parse(referred_at) > since,
  );
  return [
    ...new Set([...matches.same_ip_referral_ids, ...found.map((friend) => friend.referral_id)]),
  ];
}

const isReferrersNetwork = ({ referrer, referred }: FraudEvidence): boolean => {
  const ip = referred.ip_address;
  return ip !== null && referrer.ip_addresses.some((own) => ipNetwork(own) === ipNetwork(ip));
};

/**
 * The order's IP address (of IPv6 its first 64 bits) is one of the referrer's, or that of two of
 * their other referrals.
 */
export function isSuspiciousIP(evidence: FraudEvidence): boolean {
  if (evidence.referred.ip_address === null) return false;
  return isReferrersNetwork(evidence) || sameNetworkIds(evidence).length >= SHARED_IP_REFERRALS;
}

/** With this referral, more than `velocity_alert` came within 24 hours. */
const isTooFast = ({ counts }: FraudEvidence, terms: Pick<ProgramTerms, "velocity_alert">) =>
  counts.last_24h + 1 > terms.velocity_alert;

/** Until when the address had our service, when that is recent; null otherwise. */
function servedUntil(evidence: FraudEvidence): { until: string | null } | null {
  const { referred, matches, ordered_at } = evidence;
  const isRecent = (until: string) =>
    Date.parse(ordered_at) - Date.parse(until) <= ADDRESS_REUSE_DAYS * DAY_MS;
  const known = placesOf(evidence).served.find(isRecent);
  if (known !== undefined) return { until: known };
  if (!referred.address_key) return null;
  const until = matches.address_served_until;
  const isKnown = matches.address_served_recently || (until !== null && isRecent(until));
  return isKnown ? { until } : null;
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
  const places = placesOf(evidence);
  const found: Partial<Record<FraudSignal, FlagEvidence>> = patternsOf(evidence, places);

  if (places.isReferrers) {
    found.same_address_as_referrer = {
      address_key: referred.address_key,
      referrer_customer_id: referrer.customer_id,
    };
  }
  if (places.sameReferralIds.length > 0) {
    found.same_address_as_referral = {
      address_key: referred.address_key,
      referral_ids: places.sameReferralIds,
    };
  }
  // Two people who left a field empty have nothing in common.
  if (referred.phone && matches.same_phone_referral_ids.length > 0) {
    found.same_phone_as_referral = {
      phone: referred.phone,
      referral_ids: matches.same_phone_referral_ids,
    };
  }
  const served = servedUntil(evidence);
  if (served !== null) {
    found.address_recently_served = {
      address_key: referred.address_key,
      served_until: served.until,
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
      used_by_referrer: isReferrersNetwork(evidence),
      referral_ids: sameNetworkIds(evidence),
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
 * of `SIGNALS`; one with a `hold` feeds no reward until a reviewer clears it. Signals that are
 * flags alone can hold together (`heldTogether`). An IP address or a device alone never blocks or
 * holds: carriers share addresses between many people.
 */
export function assessReferral(evidence: FraudEvidence, terms: ProgramTerms): FraudVerdict {
  const block = blockOf(evidence, terms);
  if (block !== null) return { verdict: "blocked", ...block };
  const found = signalsOf(evidence, terms);
  const together = heldTogether(evidence, found);
  const flags = (Object.keys(SIGNALS) as FraudSignal[]).flatMap((signal) => {
    const matched = found[signal];
    if (matched === undefined) return [];
    const { weight } = SIGNALS[signal];
    const severity: Severity = together.has(signal) ? "hold" : SIGNALS[signal].severity;
    return [{ signal, severity, weight, evidence: matched }];
  });
  return { verdict: "accepted", flags, alert: found.velocity !== undefined };
}
