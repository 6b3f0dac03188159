"use client";

import { DateText, Money } from "@/components/ui/text";
import { useTexts } from "@/components/ui/texts";
import type { ReferralWidgetData } from "@/lib/account/schemas";
import { useWidget } from "./use-widget";

/** What comes next: the free month that has its invoice, the day one is earned, or who is missing. */
function Next({ data }: { data: ReferralWidgetData }) {
  const t = useTexts("friends");
  const { next_free_month: month, progress, enabled } = data;
  const date = (day: string) => (
    <DateText texts={t} value={day} timeZone="UTC" className="font-medium text-text" />
  );
  if (month !== null) return <>{t.rich("gained.nextFrom", { date: () => date(month) })}</>;
  if (!enabled) return <>{t("gained.paused")}</>;
  if (data.pending_rewards.length > 0) return <>{t("gained.waiting")}</>;
  const { on } = progress;
  if (on !== null) return <>{t.rich("gained.expected", { date: () => date(on) })}</>;
  const missing = progress.required - progress.qualified;
  if (missing <= 0) return <>{t("gained.confirming")}</>;
  return <>{t("gained.missing", { missing, words: t.inWords(missing) })}</>;
}

export type GainedLineProps = { initial: ReferralWidgetData };

/** What referring has brought so far and what comes next; nothing before the first friend. */
export function GainedLine({ initial }: GainedLineProps) {
  const t = useTexts("friends");
  const { data } = useWidget(initial);
  const hasGained = data.saved_cents > 0;
  if (!hasGained && data.stats.total === 0 && data.pending_rewards.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-x-2">
      {hasGained ? (
        <span>
          {t.rich("gained.saved", {
            amount: () => (
              <Money
                cents={data.saved_cents}
                currency={data.currency}
                className="font-medium text-text"
              />
            ),
          })}
        </span>
      ) : null}
      {hasGained ? (
        <span aria-hidden="true" className="max-sm:hidden">
          ·
        </span>
      ) : null}
      <span className={hasGained ? undefined : "inline-block first-letter:uppercase"}>
        <Next data={data} />
      </span>
    </p>
  );
}
