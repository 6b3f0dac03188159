import type { ReviewCaseFacts } from "@/lib/admin/review-schemas";

const EVENTS: Readonly<Record<string, string>> = {
  referrer_joined: "Referrer became a customer",
  visited: "Link opened",
  ordered: "Ordered",
  activated: "Service active",
  qualified: "Counted",
  ended: "Ended",
};

/** An event of a case in words. */
export const eventWords = (event: string): string => EVENTS[event] ?? event;

const REASONS: Readonly<Record<string, string>> = {
  self_referral: "Same person as the referrer",
  duplicate_referral: "Already a customer or a friend",
  referrer_not_eligible: "Referrer may not refer",
  rate_limited: "The month was full",
  invalid_code: "Unknown code",
  program_paused: "Programme paused",
};

/** Why a code was refused, in words. */
export const refusalWords = (reason: string): string => REASONS[reason] ?? reason;

/** The waiting case first needs a decision about its signals, else about its appeal. */
export function openWork(item: ReviewCaseFacts): "signals" | "appeal" | null {
  if (item.signals.some(({ status }) => status === "open")) return "signals";
  return item.appeal?.status === "open" ? "appeal" : null;
}

export const addressText = (address: ReviewCaseFacts["referrer_party"]["address"]): string =>
  address
    ? [address.line1, address.line2, address.suburb, address.city, address.postal_code]
        .filter((line): line is string => Boolean(line?.trim()))
        .join(", ")
    : "Not known";
