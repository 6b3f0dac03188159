import { z } from "zod";

/** The words and weights of fraud rules: plain data, small enough for the browser. */

/** An address counts as recently served for this many days after its last day of service. */
export const ADDRESS_REUSE_DAYS = 90;
/** How far back friends and addresses are gathered; thresholds in days are no longer than this. */
export const GATHERED_DAYS = 365;
/** Referrals from the same IP address count for this many days. */
export const SHARED_IP_DAYS = 30;
/**
 * How far back the rules look, as intervals of PostgreSQL. The database counts with these: they
 * are sent along with each order.
 */
export const FRAUD_WINDOWS = {
  velocity: "24 hours",
  shared_ip: `${SHARED_IP_DAYS} days`,
  same_device: "10 minutes",
  gathered: `${GATHERED_DAYS} days`,
} as const;
/** An order this soon after the visit is unusually fast. */
export const FAST_ORDER_SECONDS = 120;
/** A domain that is nobody's public mail provider is a signal from this many friends on. */
export const SHARED_DOMAIN_FRIENDS = 3;
/** An even pace is a signal from this many referrals on, this one included. */
export const STEADY_REFERRALS = 6;
/** Standard deviation of the gaps between referrals over their mean; people lie around 1. */
export const STEADY_VARIATION = 0.35;
/** One other referral from the same IP address is chance; from this many on it is a signal. */
export const SHARED_IP_REFERRALS = 2;

export const BLOCK_REASONS = [
  "self_referral",
  "duplicate_referral",
  "referrer_not_eligible",
  "rate_limited",
] as const;
export type BlockReason = (typeof BLOCK_REASONS)[number];

/** Every reason for which an order's code is not applied: the blocks, and codes that cannot be used at all. */
export const NOT_APPLIED_REASONS = [...BLOCK_REASONS, "invalid_code", "program_paused"] as const;
export type NotAppliedReason = (typeof NOT_APPLIED_REASONS)[number];

export const severitySchema = z.enum(["flag", "hold"]);
export type Severity = z.infer<typeof severitySchema>;

/** For reviewers only: what matched what. Never shown to a customer. */
export type FlagEvidence = Record<string, string | number | boolean | null | string[]>;

export interface SignalDefinition {
  label: string;
  severity: Severity;
  /** 0 to 100: how strongly this signal alone speaks for abuse; orders the review queue. */
  weight: number;
  /** For reviewers: what it means, and what speaks against it. */
  explanation: string;
}

const SIGNAL_DEFINITIONS = {
  same_address_as_referrer: {
    label: "Same address as the referrer",
    severity: "hold",
    weight: 60,
    explanation:
      "The service is ordered for the address where the referrer has theirs. " +
      "Check whether it is a second household, such as a cottage or a flatmate.",
  },
  same_address_as_referral: {
    label: "Same address as another friend",
    severity: "hold",
    weight: 50,
    explanation:
      "Another referral of this referrer has the same installation address. " +
      "One home usually needs one connection.",
  },
  same_phone_as_referral: {
    label: "Same phone as another friend",
    severity: "hold",
    weight: 55,
    explanation:
      "Another referral of this referrer gave the same phone number. " +
      "Families sometimes share one; one person with two accounts does too.",
  },
  known_phone: {
    label: "Phone of another customer",
    severity: "hold",
    weight: 50,
    explanation:
      "Another customer, or a friend of another referrer, has the same phone number. " +
      "Couples and parents share numbers; one person with two accounts does too.",
  },
  known_address: {
    label: "Address of another referrer's friend",
    severity: "hold",
    weight: 40,
    explanation:
      "A friend of another referrer ordered for the same address not long ago. " +
      "One home usually needs one connection; two tenants in turn are fine.",
  },
  referral_ring: {
    label: "Leads back to the referrer's own referrer",
    severity: "hold",
    weight: 55,
    explanation:
      "The phone, the mailbox or the address belongs to somebody in the chain of people " +
      "who referred the referrer. A few people may be referring each other in turn.",
  },
  returned_after_erasure: {
    label: "Known from an erased customer",
    severity: "hold",
    weight: 50,
    explanation:
      "The e-mail address, phone or address is that of a customer whose data was erased. " +
      "People may come back, but not as somebody new to us.",
  },
  address_recently_served: {
    label: "Address was served recently",
    severity: "hold",
    weight: 40,
    explanation:
      "The address had our service not long ago. " +
      "A new tenant is fine; the same household under a new name is not.",
  },
  velocity: {
    label: "Many referrals in a day",
    severity: "hold",
    weight: 30,
    explanation:
      `The referrer brought more friends within ${FRAUD_WINDOWS.velocity} than the programme expects. ` +
      "An event or a popular post can explain it.",
  },
  email_sequence: {
    label: "E-mail addresses in a sequence",
    severity: "hold",
    weight: 40,
    explanation:
      "Three or more friends of the referrer have the same e-mail name with counting numbers. " +
      "Families number their addresses, rarely three of them in a row.",
  },
  phone_sequence: {
    label: "Phone numbers in a row",
    severity: "hold",
    weight: 40,
    explanation:
      "Three or more friends of the referrer have phone numbers close to each other. " +
      "A company's numbers look like this too.",
  },
  near_address_as_referrer: {
    label: "Nearly the referrer's address",
    severity: "flag",
    weight: 25,
    explanation:
      "The address differs from the referrer's in a detail only, such as one letter, a " +
      "cottage or a missing unit. It holds the reward when something else matches the referrer.",
  },
  near_address_as_referral: {
    label: "Nearly the address of another friend",
    severity: "flag",
    weight: 20,
    explanation:
      "The address differs from that of another friend of the referrer in a detail only. " +
      "It holds the reward when something else matches that friend.",
  },
  similar_email: {
    label: "Look-alike e-mail address",
    severity: "flag",
    weight: 20,
    explanation:
      "The e-mail address looks like that of the referrer or of another friend: only dots or " +
      "characters that are drawn alike differ.",
  },
  shared_domain: {
    label: "One private e-mail domain",
    severity: "flag",
    weight: 10,
    explanation:
      "Three or more friends have addresses at one domain that is no public mail provider. " +
      "Colleagues do; so does one person whose domain receives every address.",
  },
  steady_pace: {
    label: "Referrals at an even pace",
    severity: "flag",
    weight: 15,
    explanation:
      "The referrer's friends ordered at nearly equal intervals. " +
      "People order when it suits them; a plan that stays under a limit is even.",
  },
  disposable_email: {
    label: "Throw-away e-mail address",
    severity: "flag",
    weight: 25,
    explanation:
      "The mail provider gives out addresses that disappear. " +
      "Some people use one for privacy only.",
  },
  shared_ip: {
    label: "Shared IP address",
    severity: "flag",
    weight: 5,
    explanation:
      "The order came from an address that the referrer or their other friends used. " +
      "Mobile carriers share addresses between many people, so this alone means little.",
  },
  same_device: {
    label: "Same device, minutes apart",
    severity: "flag",
    weight: 15,
    explanation:
      `Another referral came from the same browser version and IP address within ${FRAUD_WINDOWS.same_device}. ` +
      "It can be a shared computer, or two phones of one model on one carrier.",
  },
  fast_order: {
    label: "Ordered unusually fast",
    severity: "flag",
    weight: 5,
    explanation:
      "The order was placed within two minutes of the visit. " +
      "Filling in the form usually takes longer, unless the browser filled it in.",
  },
} as const satisfies Record<string, SignalDefinition>;

export type FraudSignal = keyof typeof SIGNAL_DEFINITIONS;

/** Every signal with its action and weight, and the words of the review page. */
export const SIGNALS: Readonly<Record<FraudSignal, SignalDefinition>> = SIGNAL_DEFINITIONS;
