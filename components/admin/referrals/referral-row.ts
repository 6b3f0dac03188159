import "server-only";
import type { ExplainedReferral } from "@/lib/admin/referral-schemas";
import { signalWords } from "./signal-words";

type Flag = ExplainedReferral["flags"][number];

/** A referral as the tables show it, with its flags in words. Plain data for client components. */
export type ReferralRow = Omit<ExplainedReferral, "flags"> & {
  flags: (Pick<Flag, "id" | "severity" | "status"> & { label: string })[];
};

export const toReferralRow = (referral: ExplainedReferral): ReferralRow => ({
  ...referral,
  flags: referral.flags.map(({ id, signal, severity, status }) => ({
    id,
    label: signalWords(signal).label,
    severity,
    status,
  })),
});
