import { csvRows } from "@/lib/csv";
import type { AdminReferral } from "./referral-schemas";

const COLUMNS = [
  "referral_id",
  "status",
  "referrer",
  "referrer_email",
  "referral_code",
  "friend",
  "friend_email",
  "source",
  "referred_at",
  "activated_at",
  "qualifies_at",
  "qualified_at",
  "open_flags",
  "reward_id",
] as const;

/** Referrals as CSV, with or without the row that names the columns. */
export function referralCsv(
  referrals: readonly AdminReferral[],
  options: { header: boolean },
): string {
  const rows = referrals.map((referral) => [
    referral.id,
    referral.status,
    referral.referrer.name,
    referral.referrer.email,
    referral.referral_code,
    referral.referred.name,
    referral.referred.email,
    referral.source,
    referral.referred_at,
    referral.activated_at,
    referral.qualifies_at,
    referral.qualified_at,
    referral.flags
      .filter((flag) => flag.status === "open")
      .map((flag) => flag.signal)
      .join(" "),
    referral.reward_id,
  ]);
  return csvRows(options.header ? [[...COLUMNS], ...rows] : rows);
}
