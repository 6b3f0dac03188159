import "server-only";
import { signalWords } from "@/components/admin/referrals/signal-words";
import type { ReviewItem } from "@/lib/admin/review-schemas";
import { formatDate } from "@/lib/dates";
import { type Evidence, evidenceSentence, sideBySide } from "./evidence";

/** One referral of the review queue, in words. Plain data for the client component. */
export type ReviewCase = {
  id: string;
  referrer: { id: string; name: string };
  friend: { id: string; name: string };
  status: ReviewItem["status"];
  code: string;
  source: string;
  referred_at: string;
  flagged_at: string;
  score: number;
  isHold: boolean;
  /** The colleague who had the case when the page was read. */
  holder: string | null;
  facts: Evidence[];
  signals: {
    id: string;
    label: string;
    explanation: string;
    found: string | null;
    severity: ReviewItem["open_flags"][number]["severity"];
    weight: number;
    status: string;
  }[];
};

export function toReviewCase(item: ReviewItem, timeZone: string): ReviewCase {
  return {
    id: item.id,
    referrer: { id: item.referrer.id, name: item.referrer.name },
    friend: { id: item.referred.id, name: item.referred.name },
    status: item.status,
    code: item.referral_code,
    source: item.source,
    referred_at: item.referred_at,
    flagged_at: item.flagged_at,
    score: item.score,
    facts: sideBySide(item, (iso) => formatDate(iso, timeZone)),
    isHold: item.is_hold,
    holder: item.claim?.is_own === false ? (item.claim.reviewer_name ?? "A colleague") : null,
    signals: signalsOf(item.open_flags, timeZone),
  };
}

type Flag = Omit<ReviewItem["open_flags"][number], "created_at"> & { status?: string };

/** Signals in words, for the list. */
export function signalsOf(flags: readonly Flag[], timeZone: string): ReviewCase["signals"] {
  return flags.map(({ id, signal, evidence, severity, weight, status }) => {
    const { label, explanation } = signalWords(signal);
    const found = evidenceSentence(signal, evidence, timeZone);
    return { id, label, explanation, found, severity, weight, status: status ?? "open" };
  });
}
