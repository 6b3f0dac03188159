const STATUS_REASONS: Readonly<Record<string, string>> = {
  order_cancelled: "The order was cancelled",
  service_suspended: "The service was suspended before it counted",
  service_cancelled: "The service was cancelled before it counted",
  not_activated_in_time: "The service was not active in time",
  rejected_in_review: "Rejected in a review",
};

const REFUSALS: Readonly<Record<string, string>> = {
  self_referral: "Own code: same e-mail address or phone as the referrer",
  duplicate_referral: "Already a customer, or referred before",
  referrer_not_eligible: "The referrer could not refer at that time",
  rate_limited: "The referrer had reached the monthly limit",
  invalid_code: "The code does not exist",
  program_paused: "The programme was paused",
};

const SOURCES: Readonly<Record<string, string>> = {
  link: "Opened a link",
  typed: "Typed the code",
  admin: "Added by the team",
};

/** `some_code` as words, for codes that have none of their own. */
export function humanise(code: string): string {
  const words = code.replaceAll(/[_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Why a referral stopped. */
export const statusReason = (code: string): string => STATUS_REASONS[code] ?? humanise(code);

/** Why a code was not applied to an order; for admins, who may know. */
export const refusalReason = (code: string): string => REFUSALS[code] ?? humanise(code);

/** How the code came to the order. */
export const sourceWords = (source: string): string => SOURCES[source] ?? humanise(source);
