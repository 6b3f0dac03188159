import { DAY_MS } from "@/lib/dates";
import { comparisonWith, type NearReason } from "@/lib/identity/address";
import type { FraudEvidence } from "./fraud-evidence";
import type { FraudThresholds } from "./fraud-settings";

type Address = FraudEvidence["referred"]["address"];

/** A place that is nearly the one of the order. */
interface NearPlace {
  reasons: NearReason[];
}

/** How the address of the order lies to every other address in the evidence. */
export interface Places {
  isReferrers: boolean;
  nearReferrer: NearPlace | null;
  sameReferralIds: string[];
  nearReferrals: ({ referral_id: string } & NearPlace)[];
  /** Friends of other referrers who were referred to the same address not long ago. */
  elsewhereIds: string[];
  /** Until when the same address had our service, if that is recent. */
  servedUntil: string | null;
  /** Customers up the chain of referrers with the same or nearly the same address. */
  chainIds: string[];
}

/**
 * Judges the addresses of an evidence. Keys that are equal count as the same place, unless the
 * addresses themselves are known and say otherwise.
 */
export function placesOf(
  evidence: FraudEvidence,
  { address_reuse_days }: Pick<FraudThresholds, "address_reuse_days">,
): Places {
  const { referrer, referred, matches, friends = [], elsewhere, chain = [] } = evidence;
  const compareWith = referred.address ? comparisonWith(referred.address) : null;
  const compare = (other: Address) => (compareWith && other ? compareWith(other) : null);

  const isRecent = (at: string) =>
    Date.parse(evidence.ordered_at) - Date.parse(at) <= address_reuse_days * DAY_MS;

  const toReferrer = compare(referrer.address);
  const hasSameKey = Boolean(referred.address_key) && referred.address_key === referrer.address_key;

  const toFriends = friends.map((friend) => ({
    referral_id: friend.referral_id,
    found: compare(friend.address),
  }));
  const unlike = new Set(
    toFriends
      .filter(({ found }) => found !== null && found.kind !== "same")
      .map((f) => f.referral_id),
  );
  const byKey = referred.address_key
    ? matches.same_address_referral_ids.filter((id) => !unlike.has(id))
    : [];
  const bySight = toFriends
    .filter(({ found }) => found?.kind === "same")
    .map(({ referral_id }) => referral_id);

  return {
    isReferrers: toReferrer === null ? hasSameKey : toReferrer.kind === "same",
    nearReferrer: toReferrer?.kind === "near" ? { reasons: toReferrer.reasons } : null,
    sameReferralIds: [...new Set([...byKey, ...bySight])],
    nearReferrals: toFriends.flatMap(({ referral_id, found }) =>
      found?.kind === "near" ? [{ referral_id, reasons: found.reasons }] : [],
    ),
    elsewhereIds: (elsewhere?.addresses ?? [])
      .filter(({ referred_at }) => referred_at === undefined || isRecent(referred_at))
      .filter(({ address }) => compare(address)?.kind === "same")
      .map(({ referral_id }) => referral_id),
    servedUntil:
      (elsewhere?.served ?? []).find(
        ({ address, served_until }) => isRecent(served_until) && compare(address)?.kind === "same",
      )?.served_until ?? null,
    chainIds: chain
      .filter(({ address }) => ["same", "near"].includes(compare(address)?.kind ?? ""))
      .map(({ customer_id }) => customer_id),
  };
}
