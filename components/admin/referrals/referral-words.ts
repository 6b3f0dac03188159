import { codeInWords } from "@/components/ui/wording";

const STATUS_REASONS: Readonly<Record<string, string>> = {
  order_cancelled: "The order was cancelled",
  suspended_too_long: "The service was suspended for longer than the grace",
  service_cancelled: "The service was cancelled before it counted",
  not_activated_in_time: "The service was not active in time",
  rejected_in_review: "Rejected in a review",
};

const REFUSALS: Readonly<Record<string, string>> = {
  self_referral: "Own code: same e-mail address or phone as the referrer",
  duplicate_referral: "Already a customer, or somebody's friend",
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

/** Why a referral ended before it counted. */
export const statusReason = (code: string): string => STATUS_REASONS[code] ?? codeInWords(code);

/** Why a code was not applied to an order; only admins may see it. */
export const refusalReason = (code: string): string => REFUSALS[code] ?? codeInWords(code);

/** How the code came to the order. */
export const sourceWords = (source: string): string => SOURCES[source] ?? codeInWords(source);
