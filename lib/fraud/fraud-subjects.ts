import { ipNetwork } from "@/lib/identity/ip-network";
import { privateDomainOf } from "@/lib/identity/mailbox";
import type { FraudEvidence } from "./fraud-evidence";
import type { FraudSignal } from "./fraud-signals";

/**
 * What a signal is about, so that a reviewer's decision is remembered: the place, the phone, the
 * network. A household that was cleared once for a referrer is not flagged again for the same
 * reason.
 */

type Kind = "home" | "place" | "phone" | "network" | "domain";

const KINDS: Readonly<Partial<Record<FraudSignal, Kind>>> = {
  // One household: whoever cleared it has seen who lives there.
  same_address_as_referrer: "home",
  same_address_as_referral: "home",
  near_address_as_referrer: "home",
  near_address_as_referral: "home",
  address_recently_served: "place",
  known_address: "place",
  same_phone_as_referral: "phone",
  known_phone: "phone",
  shared_ip: "network",
  shared_domain: "domain",
};

/** The subject of a signal of this order; null for a signal that is about the order itself. */
export function subjectOf(signal: FraudSignal, { referred }: FraudEvidence): string | null {
  const kind = KINDS[signal];
  if (kind === undefined) return null;
  const value = {
    home: referred.address_key,
    place: referred.address_key,
    phone: referred.phone,
    network: referred.ip_address && ipNetwork(referred.ip_address),
    domain: privateDomainOf(referred.email),
  }[kind];
  return value ? `${kind} ${value}` : null;
}

/** A reviewer cleared the same subject for the same reason, for this referrer. */
export function isClearedBefore(signal: FraudSignal, evidence: FraudEvidence): boolean {
  const subject = subjectOf(signal, evidence);
  if (subject === null) return false;
  return (evidence.cleared ?? []).some(
    (cleared) =>
      cleared.subject === subject &&
      (cleared.signal === signal || (KINDS[signal] === "home" && subject.startsWith("home "))),
  );
}
