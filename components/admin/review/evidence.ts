import type { ReviewItem } from "@/lib/admin/review-schemas";
import { formatDateTime } from "@/lib/dates";
import { countOf } from "@/lib/words";

/** The facts that are compared. */
type FactKey = "name" | "email" | "phone" | "address" | "since" | "ip" | "device";
export type Side = "referrer" | "friend";

export type Evidence = {
  key: FactKey;
  label: string;
  referrer: string[];
  friend: string[];
  /** The sides whose value a signal is about. */
  marked: Side[];
  /** A signal says that both sides have the same value. */
  isSame: boolean;
};

/** Which facts a signal is about. Both sides: they have the same value. */
const MARKS: Readonly<Record<string, Partial<Record<FactKey, Side[]>>>> = {
  same_address_as_referrer: { address: ["referrer", "friend"] },
  same_address_as_referral: { address: ["friend"] },
  same_phone_as_referral: { phone: ["friend"] },
  known_phone: { phone: ["friend"] },
  known_address: { address: ["friend"] },
  phone_sequence: { phone: ["friend"] },
  email_sequence: { email: ["friend"] },
  similar_email: { email: ["friend"] },
  shared_domain: { email: ["friend"] },
  near_address_as_referral: { address: ["friend"] },
  address_recently_served: { address: ["friend"] },
  disposable_email: { email: ["friend"] },
  shared_ip: { ip: ["friend"] },
  same_device: { ip: ["friend"], device: ["friend"] },
};

type Address = ReviewItem["referrer_details"]["address"];

const addressLines = (address: Address): string[] =>
  address
    ? [address.line1, address.line2, address.suburb, address.city, address.postal_code].filter(
        (line): line is string => Boolean(line?.trim()),
      )
    : [];

const lines = (text: string | null): string[] => (text?.trim() ? [text] : []);

/** What is known about both people, and which facts signals are about. `showDate` formats dates. */
export function sideBySide(item: ReviewItem, showDate: (iso: string) => string): Evidence[] {
  const marks = new Map<FactKey, Set<Side>>();
  for (const { signal } of item.open_flags) {
    for (const [key, sides] of Object.entries(MARKS[signal] ?? {})) {
      const known = marks.get(key as FactKey) ?? new Set<Side>();
      for (const side of sides) known.add(side);
      marks.set(key as FactKey, known);
    }
  }
  const {
    referrer,
    referred,
    referrer_details: referrerDetails,
    referred_details: friendDetails,
  } = item;
  const fact = (key: FactKey, label: string, left: string[], right: string[]): Evidence => {
    const marked = [...(marks.get(key) ?? [])];
    return { key, label, referrer: left, friend: right, marked, isSame: marked.length === 2 };
  };
  return [
    fact("name", "Name", [referrer.name], [referred.name]),
    fact("email", "E-mail", [referrer.email], [referred.email]),
    fact("phone", "Phone", lines(referrerDetails.phone), lines(friendDetails.phone)),
    fact(
      "address",
      "Address",
      addressLines(referrerDetails.address),
      addressLines(friendDetails.address),
    ),
    fact(
      "since",
      "Customer since",
      [showDate(referrerDetails.customer_since)],
      [showDate(friendDetails.customer_since)],
    ),
    fact("ip", "IP address of the order", [], lines(friendDetails.ip_address)),
    fact("device", "Browser of the order", [], lines(friendDetails.user_agent)),
  ];
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
const otherReferrals = (n: number) => countOf(n, "other referral");

/** What a signal found, in one sentence; null when its explanation is enough. */
export function evidenceSentence(
  signal: string,
  evidence: Readonly<Record<string, unknown>>,
  timeZone: string,
): string | null {
  const ids = lengthOf(evidence.referral_ids);
  const instant = (value: unknown) =>
    typeof value === "string" && !Number.isNaN(Date.parse(value))
      ? formatDateTime(value, timeZone)
      : null;
  switch (signal) {
    case "same_address_as_referral":
    case "same_phone_as_referral":
    case "same_device":
      return ids > 0 ? `Matches ${otherReferrals(ids)}.` : null;
    case "email_sequence":
    case "phone_sequence":
      return ids > 0 ? `Counts on from ${otherReferrals(ids)}.` : null;
    case "known_phone": {
      const customers = lengthOf(evidence.customer_ids);
      const found = [
        customers > 0 ? countOf(customers, "other customer") : null,
        ids > 0 ? `${countOf(ids, "friend")} of other referrers` : null,
      ].filter(Boolean);
      return found.length > 0 ? `Also given by ${found.join(" and ")}.` : null;
    }
    case "known_address":
      return ids > 0 ? `${countOf(ids, "friend")} of other referrers ordered for it.` : null;
    case "referral_ring":
      return `Matches ${countOf(lengthOf(evidence.customer_ids), "person", "people")} up the chain of referrers.`;
    case "returned_after_erasure":
      return `Known: ${textsOf(evidence.matched).join(", ")}.`;
    case "near_address_as_referrer":
    case "near_address_as_referral":
      return `Differs in: ${textsOf(evidence.differences)
        .map((d) => d.replaceAll("_", " "))
        .join(", ")}.`;
    case "similar_email":
      return evidence.like_referrer === true
        ? "Looks like the referrer’s address."
        : `Looks like that of ${otherReferrals(ids)}.`;
    case "shared_domain":
      return evidence.domain
        ? `${String(evidence.domain)}, also used by ${otherReferrals(ids)}.`
        : null;
    case "steady_pace": {
      const first = instant(evidence.first_at);
      return first
        ? `${String(evidence.referrals)} referrals since ${first}, evenly spaced.`
        : null;
    }
    case "shared_ip": {
      const by = [
        evidence.used_by_referrer === true ? "the referrer" : null,
        ids > 0 ? otherReferrals(ids) : null,
      ].filter(Boolean);
      return by.length > 0
        ? `${String(evidence.ip_address ?? "The address")} was also used by ${by.join(" and ")}.`
        : null;
    }
    case "velocity":
      return typeof evidence.in_24_hours === "number"
        ? `${evidence.in_24_hours} referrals within 24 hours; more than ${String(evidence.alert_above)} raise this.`
        : null;
    case "disposable_email":
      return evidence.domain ? `Mail domain: ${String(evidence.domain)}.` : null;
    case "address_recently_served": {
      const until = instant(evidence.served_until);
      return until ? `Service at this address until ${until}.` : null;
    }
    case "fast_order":
      return typeof evidence.seconds === "number"
        ? `Ordered ${evidence.seconds} seconds after the visit${
            instant(evidence.ordered_at) ? `, on ${instant(evidence.ordered_at)}` : ""
          }.`
        : null;
    default:
      return null;
  }
}
