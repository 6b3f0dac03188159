import { DAY_MS } from "@/lib/dates";
import { isDisposableEmail } from "@/lib/identity/disposable-email";
import { ipNetwork } from "@/lib/identity/ip-network";
import { mailboxOf } from "@/lib/identity/mailbox";
import type { ProgramTerms } from "@/lib/programme/terms";
import { placesOf } from "./address-matches";
import { type FraudEvidence, hasPhone } from "./fraud-evidence";
import { heldTogether, patternsOf } from "./fraud-patterns";
import { DEFAULT_FRAUD_SETTINGS, type FraudSettings, type FraudThresholds } from "./fraud-settings";
import {
  type BlockReason,
  type FlagEvidence,
  type FraudSignal,
  type Severity,
  SIGNALS,
} from "./fraud-signals";
import { isClearedBefore, subjectOf } from "./fraud-subjects";

export { type FraudEvidence, fraudEvidenceSchema } from "./fraud-evidence";
export {
  BLOCK_REASONS,
  type FraudSignal,
  SIGNALS,
} from "./fraud-signals";

export type FraudFlag = {
  signal: FraudSignal;
  severity: Severity;
  weight: number;
  evidence: FlagEvidence;
  /** What matched, as later orders compare it; absent where nothing can be compared. */
  subject?: string;
  /** Recorded without an effect. */
  shadow?: true;
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
    ...(hasPhone(referrer, referred.phone) ? ["phone"] : []),
  ];
}

/** Referrer and referred are one person: same mailbox, or a phone that the referrer has or had. */
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

/** Friends of the referrer who came from the order's network within `shared_ip_days` days. */
function sameNetworkIds(
  { referred, matches, friends, ordered_at }: FraudEvidence,
  { shared_ip_days }: FraudThresholds,
): string[] {
  const ip = referred.ip_address;
  if (ip === null) return [];
  if (friends === undefined) return matches.same_ip_referral_ids;
  const since = Date.parse(ordered_at) - shared_ip_days * DAY_MS;
  const found = friends.filter(
    ({ ip_address, referred_at }) =>
      ip_address !== null &&
      ipNetwork(ip_address) === ipNetwork(ip) &&
      Date.parse(referred_at) > since,
  );
  return found.map((friend) => friend.referral_id);
}

const isReferrersNetwork = ({ referrer, referred }: FraudEvidence): boolean => {
  const ip = referred.ip_address;
  return ip !== null && referrer.ip_addresses.some((own) => ipNetwork(own) === ipNetwork(ip));
};

/**
 * The order's IP address (of IPv6 its first 64 bits) is one of the referrer's, or that of two of
 * their other referrals.
 */
export function isSuspiciousIP(
  evidence: FraudEvidence,
  { thresholds }: FraudSettings = DEFAULT_FRAUD_SETTINGS,
): boolean {
  if (evidence.referred.ip_address === null) return false;
  const { shared_ip_referrals } = thresholds;
  return (
    isReferrersNetwork(evidence) ||
    sameNetworkIds(evidence, thresholds).length >= shared_ip_referrals
  );
}

/** With this referral, more than `velocity_alert` came within 24 hours. */
const isTooFast = ({ counts }: FraudEvidence, terms: Pick<ProgramTerms, "velocity_alert">) =>
  counts.last_24h + 1 > terms.velocity_alert;

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
  settings: FraudSettings,
): Partial<Record<FraudSignal, FlagEvidence>> {
  const { referrer, referred, counts, matches, visit } = evidence;
  const { thresholds } = settings;
  const places = placesOf(evidence, thresholds);
  const found: Partial<Record<FraudSignal, FlagEvidence>> = patternsOf(
    evidence,
    places,
    thresholds,
  );

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
  if (places.servedUntil !== null) {
    found.address_recently_served = {
      address_key: referred.address_key,
      served_until: places.servedUntil,
      within_days: thresholds.address_reuse_days,
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
  if (isSuspiciousIP(evidence, settings)) {
    found.shared_ip = {
      ip_address: referred.ip_address,
      used_by_referrer: isReferrersNetwork(evidence),
      referral_ids: sameNetworkIds(evidence, thresholds),
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
  if (seconds !== null && seconds <= thresholds.fast_order_seconds) {
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
 * of `SIGNALS`, but for what a reviewer cleared before; one with a `hold` feeds no reward until a reviewer clears it. Signals that are
 * flags alone can hold together (`heldTogether`). An IP address or a device alone never blocks or
 * holds: carriers share addresses between many people.
 */
export function assessReferral(
  evidence: FraudEvidence,
  terms: ProgramTerms,
  settings: FraudSettings = DEFAULT_FRAUD_SETTINGS,
): FraudVerdict {
  const block = blockOf(evidence, terms);
  if (block !== null) return { verdict: "blocked", ...block };
  const raised = signalsOf(evidence, terms, settings);
  const live: typeof raised = {};
  const shadow: typeof raised = {};
  for (const signal of Object.keys(raised) as FraudSignal[]) {
    if (isClearedBefore(signal, evidence)) continue;
    const { mode } = settings.signals[signal];
    if (mode === "live") live[signal] = raised[signal];
    if (mode === "shadow") shadow[signal] = raised[signal];
  }
  const together = heldTogether(evidence, live);
  const flags = (Object.keys(SIGNALS) as FraudSignal[]).flatMap((signal) => {
    const matched = live[signal] ?? shadow[signal];
    if (matched === undefined) return [];
    const { weight, severity: own } = settings.signals[signal];
    const severity: Severity = together.has(signal) ? "hold" : own;
    const subject = subjectOf(signal, evidence);
    return [
      {
        signal,
        severity,
        weight,
        evidence: matched,
        ...(subject === null ? {} : { subject }),
        ...(live[signal] === undefined ? { shadow: true as const } : {}),
      },
    ];
  });
  return { verdict: "accepted", flags, alert: live.velocity !== undefined };
}
