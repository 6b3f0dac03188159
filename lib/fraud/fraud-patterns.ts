import { ipNetwork } from "@/lib/identity/ip-network";
import { areLookAlikeMailboxes, mailboxOf, privateDomainOf } from "@/lib/identity/mailbox";
import { emailSequence, phoneSequence } from "@/lib/identity/sequences";
import type { Places } from "./address-matches";
import { type FraudEvidence, hasPhone } from "./fraud-evidence";
import type { FraudThresholds } from "./fraud-settings";
import type { FlagEvidence, FraudSignal } from "./fraud-signals";

/** Signals that match the order with persons beyond the pair, and patterns among the friends. */

type Found = Partial<Record<FraudSignal, FlagEvidence>>;

const areSame = (a: string | null, b: string | null): boolean => Boolean(a) && a === b;

/** Each of these is a habit of honest people too; two of them together hold. */
const HABITS: readonly FraudSignal[] = ["similar_email", "shared_domain", "steady_pace"];

/** Standard deviation over mean of the gaps between instants; null for fewer than two gaps. */
function variationOf(instants: readonly string[]): number | null {
  const times = instants.map((at) => Date.parse(at)).sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (gaps.length < 2 || mean === 0) return null;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return Math.sqrt(variance) / mean;
}

function ringMembers({ referred, chain = [] }: FraudEvidence, places: Places): string[] {
  const mailbox = mailboxOf(referred.email_normalised);
  const matched = chain.filter(
    (customer) =>
      hasPhone(customer, referred.phone) ||
      (customer.email_normalised !== null &&
        areSame(mailboxOf(customer.email_normalised), mailbox)),
  );
  return [...new Set([...matched.map(({ customer_id }) => customer_id), ...places.chainIds])];
}

function personsOf(evidence: FraudEvidence, places: Places): Found {
  const { referred, elsewhere, returned = [] } = evidence;
  const found: Found = {};
  const customers = elsewhere?.phone_customer_ids ?? [];
  const referrals = elsewhere?.phone_referral_ids ?? [];
  if (referred.phone && customers.length + referrals.length > 0) {
    found.known_phone = {
      phone: referred.phone,
      customer_ids: customers,
      referral_ids: referrals,
    };
  }
  if (places.elsewhereIds.length > 0) {
    found.known_address = {
      address_key: referred.address_key,
      referral_ids: places.elsewhereIds,
    };
  }
  const ring = ringMembers(evidence, places);
  if (ring.length > 0) found.referral_ring = { customer_ids: ring };
  if (returned.length > 0) found.returned_after_erasure = { matched: [...returned] };
  return found;
}

function lookAlikesOf({ referrer, referred, friends = [] }: FraudEvidence) {
  const isAlike = (email: string | null) =>
    email !== null && areLookAlikeMailboxes(email, referred.email);
  return {
    isReferrer: isAlike(referrer.email_normalised),
    referralIds: friends.filter(({ email }) => isAlike(email)).map((f) => f.referral_id),
  };
}

function habitsOf(evidence: FraudEvidence, thresholds: FraudThresholds): Found {
  const { referred, friends, ordered_at } = evidence;
  if (friends === undefined) return {};
  const found: Found = {};
  const emails = emailSequence(
    referred.email,
    friends.map(({ referral_id, email }) => ({ of: referral_id, email })),
  );
  if (emails.length > 0) found.email_sequence = { email: referred.email, referral_ids: emails };
  const phones = phoneSequence(
    referred.phone ?? "",
    friends.flatMap(({ referral_id, phone }) => (phone ? [{ of: referral_id, phone }] : [])),
  );
  if (phones.length > 0) found.phone_sequence = { phone: referred.phone, referral_ids: phones };

  const alike = lookAlikesOf(evidence);
  if (alike.isReferrer || alike.referralIds.length > 0) {
    found.similar_email = {
      email: referred.email,
      like_referrer: alike.isReferrer,
      referral_ids: alike.referralIds,
    };
  }
  const domain = privateDomainOf(referred.email);
  const colleagues = friends.filter(({ email }) => domain && privateDomainOf(email) === domain);
  if (domain !== null && colleagues.length + 1 >= thresholds.shared_domain_friends) {
    found.shared_domain = { domain, referral_ids: colleagues.map((f) => f.referral_id) };
  }
  const latest = [ordered_at, ...friends.map(({ referred_at }) => referred_at)]
    .sort((a, b) => Date.parse(b) - Date.parse(a))
    .slice(0, thresholds.steady_referrals);
  const variation = variationOf(latest);
  const isEven = variation !== null && variation < thresholds.steady_variation;
  if (latest.length === thresholds.steady_referrals && isEven) {
    found.steady_pace = {
      referrals: latest.length,
      first_at: latest.at(-1) ?? ordered_at,
      variation: Math.round(variation * 100) / 100,
    };
  }
  return found;
}

/** The signals beyond the pair of referrer and friend, and those of near addresses. */
export function patternsOf(
  evidence: FraudEvidence,
  places: Places,
  thresholds: FraudThresholds,
): Found {
  const found: Found = { ...personsOf(evidence, places), ...habitsOf(evidence, thresholds) };
  const { referrer, referred } = evidence;
  if (places.nearReferrer !== null) {
    found.near_address_as_referrer = {
      address_key: referred.address_key,
      referrer_customer_id: referrer.customer_id,
      differences: places.nearReferrer.reasons,
    };
  }
  if (places.nearReferrals.length > 0) {
    found.near_address_as_referral = {
      address_key: referred.address_key,
      referral_ids: places.nearReferrals.map(({ referral_id }) => referral_id),
      differences: [...new Set(places.nearReferrals.flatMap(({ reasons }) => reasons))],
    };
  }
  return found;
}

const idsIn = (evidence: FlagEvidence | undefined): string[] => {
  const list = evidence?.referral_ids;
  return Array.isArray(list) ? list : [];
};

/** The referrals to which something besides the address leads: network, device, e-mail, phone. */
function otherwiseMatched({ referred, friends = [], matches }: FraudEvidence, found: Found) {
  const ip = referred.ip_address;
  const sameNetwork = friends.filter(
    ({ ip_address }) => ip && ip_address && ipNetwork(ip_address) === ipNetwork(ip),
  );
  return new Set([
    ...sameNetwork.map(({ referral_id }) => referral_id),
    ...matches.same_ip_referral_ids,
    ...matches.same_device_referral_ids,
    ...matches.same_phone_referral_ids,
    ...idsIn(found.similar_email),
    ...idsIn(found.email_sequence),
    ...idsIn(found.phone_sequence),
  ]);
}

/**
 * The flags that hold because of each other: an address that is nearly that of the referrer or of
 * another friend, when a second signal matches the same person; and two habits together.
 */
export function heldTogether(evidence: FraudEvidence, found: Found): ReadonlySet<FraudSignal> {
  const held = new Set<FraudSignal>();
  if (
    found.near_address_as_referrer !== undefined &&
    (found.shared_ip?.used_by_referrer === true || found.similar_email?.like_referrer === true)
  ) {
    held.add("near_address_as_referrer");
  }
  const matched = otherwiseMatched(evidence, found);
  if (idsIn(found.near_address_as_referral).some((id) => matched.has(id))) {
    held.add("near_address_as_referral");
  }
  const habits = HABITS.filter((signal) => found[signal] !== undefined);
  if (habits.length > 1) for (const signal of habits) held.add(signal);
  return held;
}
