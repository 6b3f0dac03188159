"use client";

import { ProgressRing } from "@/components/ui/progress";
import { useTexts } from "@/components/ui/texts";
import type { ReferralWidgetData } from "@/lib/account/schemas";
import { dateIn } from "@/lib/language/dates";
import type { Texts } from "@/lib/language/translator";
import { useLastSeen } from "./use-last-seen";

export type ProgressPanelProps = {
  progress: ReferralWidgetData["progress"];
  month: ReferralWidgetData["month"];
  /** The customer's code: a browser remembers for each what it showed last. */
  code: string;
};

/** The month's limit is shown from so many free places on. */
const FEW_PLACES = 3;

/** How many places the month has left, when they are few; else null. */
function monthSentence(
  { used, limit, next_month }: ReferralWidgetData["month"],
  t: Texts<"friends">,
): string | null {
  const left = Math.max(0, limit - used);
  if (left > FEW_PLACES || used === 0) return null;
  const date = dateIn(t, next_month, "UTC");
  return left === 0 ? t("progress.full", { limit, date }) : t("progress.left", { left, date });
}

/** The progress towards the next free month, with a sentence about what is missing. */
export function ProgressPanel({ progress, month, code }: ProgressPanelProps) {
  const t = useTexts("friends");
  const { qualified, required } = progress;
  const limit = monthSentence(month, t);
  const seenBefore = useLastSeen(`progress:${code}`, qualified);
  return (
    <div className="flex min-w-0 flex-col items-center gap-5 text-center sm:flex-row sm:text-start lg:flex-col lg:text-center">
      <ProgressRing
        label={t("progress.label")}
        value={qualified}
        max={required}
        valueText={t("progress.value", {
          qualified: String(qualified),
          required: String(required),
        })}
        size={136}
        from={seenBefore}
      >
        <span>
          <span className="block font-semibold text-3xl tracking-tight">
            {qualified}
            <span className="text-text-muted">/{required}</span>
          </span>
          <span className="block text-text-muted text-xs">{t("progress.unit", { required })}</span>
        </span>
      </ProgressRing>
      <div className="min-w-0 max-w-sm">
        <h3 className="font-medium text-sm">{t("progress.next")}</h3>
        {/* Screen readers read it when a refresh changes it. */}
        <p aria-live="polite" className="mt-1 text-balance text-text-muted">
          {progress.sentence}
        </p>
        {limit ? <p className="mt-2 text-sm text-text-muted">{limit}</p> : null}
      </div>
    </div>
  );
}
