"use client";

import { DateText, Money } from "@/components/ui/text";
import type { ReferralWidgetData } from "@/lib/account/schemas";
import { inWords } from "@/lib/words";
import { useWidget } from "./use-widget";

/** What comes next: the free month that has its invoice, the day one is earned, or who is missing. */
function Next({ data }: { data: ReferralWidgetData }) {
  const { next_free_month: month, progress, enabled } = data;
  if (month !== null) {
    return (
      <>
        next free month from{" "}
        <DateText value={month} timeZone="UTC" className="font-medium text-text" />
      </>
    );
  }
  if (!enabled) return <>the programme is paused</>;
  if (data.pending_rewards.length > 0) return <>a free month is waiting</>;
  if (progress.on !== null) {
    return (
      <>
        next free month expected on{" "}
        <DateText value={progress.on} timeZone="UTC" className="font-medium text-text" />
      </>
    );
  }
  const missing = progress.required - progress.qualified;
  if (missing <= 0) return <>the next free month is being confirmed</>;
  return (
    <>
      {inWords(missing)} more {missing === 1 ? "friend" : "friends"} for the next free month
    </>
  );
}

export type GainedLineProps = { initial: ReferralWidgetData };

/** What referring has brought so far and what comes next; nothing before the first friend. */
export function GainedLine({ initial }: GainedLineProps) {
  const { data } = useWidget(initial);
  const hasGained = data.saved_cents > 0;
  if (!hasGained && data.stats.total === 0 && data.pending_rewards.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-x-2">
      {hasGained ? (
        <span>
          Saved so far{" "}
          <Money
            cents={data.saved_cents}
            currency={data.currency}
            className="font-medium text-text"
          />
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
