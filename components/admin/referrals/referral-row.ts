import "server-only";
import type { AdminReferral } from "@/lib/admin/referral-schemas";
import type { Explanation } from "@/lib/referrals/explanation";
import { signalWords } from "./signal-words";

type Flag = AdminReferral["flags"][number];

/** A referral as the tables show it, with its flags in words. Plain data for client components. */
export type ReferralRow = Omit<AdminReferral, "flags"> & {
  /** Why it has not counted yet, and a reply to copy; on a customer's page. */
  explanation?: Explanation;
  reply?: string;
  flags: (Pick<Flag, "id" | "severity" | "status"> & { label: string })[];
};

export const toReferralRow = (
  referral: AdminReferral & Pick<ReferralRow, "explanation" | "reply">,
): ReferralRow => ({
  ...referral,
  flags: referral.flags.map(({ id, signal, severity, status }) => ({
    id,
    label: signalWords(signal).label,
    severity,
    status,
  })),
});
