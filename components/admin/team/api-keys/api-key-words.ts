import type { KeyStanding } from "@/lib/access/api-key-schemas";
import type { ApiScope } from "@/lib/permissions";

/** What a scope lets another system do, as a choice and in lists. */
export const SCOPE_LABELS: Readonly<Record<ApiScope, string>> = {
  "referrals:write": "Records referrals and reports what becomes of them",
  "referrals:read": "Asks where a referral stands",
};

/** When a new key ends; the value is in days. */
export const LIFETIMES = [
  { value: "0", label: "When it is revoked" },
  { value: "90", label: "After 90 days" },
  { value: "365", label: "After a year" },
] as const;

export const STANDING_WORDS: Readonly<Record<KeyStanding, string>> = {
  active: "Active",
  expired: "Expired",
  revoked: "Revoked",
};
