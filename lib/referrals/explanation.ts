export const EXPLANATION_CODES = [
  "ordered",
  "being_installed",
  "days_running",
  "suspended",
  "invoice_to_come",
  "invoice_unpaid",
  "counting_soon",
  "counted",
  "rewarded",
  "not_active_in_time",
  "order_cancelled",
  "service_cancelled",
  "suspended_too_long",
  "not_eligible",
] as const;
type ExplanationCode = (typeof EXPLANATION_CODES)[number];

/** Why a friend has not counted yet, or what became of them. */
export interface Explanation {
  code: ExplanationCode;
  /** The deciding fact, in one sentence. */
  text: string;
  /** The deciding day, `YYYY-MM-DD` in the billing time zone; null where there is none. */
  on: string | null;
  /** What would help, in one sentence; null where nothing is needed. */
  remedy: string | null;
}
