import { type CsvLook, columnsCsv, plain, time } from "@/lib/csv-columns";
import type { AdminReferral } from "./referral-schemas";

const COLUMNS = [
  plain<AdminReferral>("referral_id", (row) => row.id),
  plain<AdminReferral>("status", (row) => row.status),
  plain<AdminReferral>("referrer", (row) => row.referrer.name),
  plain<AdminReferral>("referrer_email", (row) => row.referrer.email),
  plain<AdminReferral>("referral_code", (row) => row.referral_code),
  plain<AdminReferral>("friend", (row) => row.referred.name),
  plain<AdminReferral>("friend_email", (row) => row.referred.email),
  plain<AdminReferral>("source", (row) => row.source),
  time<AdminReferral>("referred_at", (row) => row.referred_at),
  time<AdminReferral>("activated_at", (row) => row.activated_at),
  time<AdminReferral>("qualifies_at", (row) => row.qualifies_at),
  time<AdminReferral>("qualified_at", (row) => row.qualified_at),
  plain<AdminReferral>("open_flags", (row) =>
    row.flags
      .filter((flag) => flag.status === "open")
      .map((flag) => flag.signal)
      .join(" "),
  ),
  plain<AdminReferral>("reward_id", (row) => row.reward_id),
];

/** Referrals as CSV; times are local. */
export const referralCsv = (referrals: readonly AdminReferral[], look: CsvLook): string =>
  columnsCsv(COLUMNS, referrals, look);
