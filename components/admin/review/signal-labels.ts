import "server-only";
import type { AdminReferral } from "@/lib/admin/referral-schemas";
import { SIGNALS } from "@/lib/fraud/fraud-signals";

const isSignal = (signal: string): signal is keyof typeof SIGNALS => Object.hasOwn(SIGNALS, signal);

/** A signal in words, for reviewers; one that the rules no longer know shows its own name. */
export function signalWords(signal: string): { label: string; explanation: string } {
  if (isSignal(signal)) return SIGNALS[signal];
  const words = signal.replaceAll("_", " ");
  return { label: words.charAt(0).toUpperCase() + words.slice(1), explanation: "" };
}

/** A referral as the tables show it: flags in words. Plain data, for client components. */
export type ReferralRow = Omit<AdminReferral, "flags"> & {
  flags: { id: string; label: string; severity: "flag" | "hold"; status: string }[];
};

export const toReferralRow = (referral: AdminReferral): ReferralRow => ({
  ...referral,
  flags: referral.flags.map(({ id, signal, severity, status }) => ({
    id,
    label: signalWords(signal).label,
    severity,
    status,
  })),
});
