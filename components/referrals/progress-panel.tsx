"use client";

import { ProgressRing } from "@/components/ui/progress";
import type { ReferralWidgetData } from "@/lib/account/schemas";

export type ProgressPanelProps = {
  progress: ReferralWidgetData["progress"];
  /** Replaces the programme's own sentence, for example while it is paused. */
  sentence?: string;
};

/** The progress towards the next free month, with a sentence about what is missing. */
export function ProgressPanel({ progress, sentence }: ProgressPanelProps) {
  const { qualified, required } = progress;
  return (
    <div className="flex min-w-0 flex-col items-center gap-5 text-center sm:flex-row sm:text-start lg:flex-col lg:text-center">
      <ProgressRing
        label="Progress towards your next free month"
        value={qualified}
        max={required}
        valueText={`${qualified} of ${required} friends`}
        size={136}
      >
        <span>
          <span className="block font-semibold text-3xl tracking-tight">
            {qualified}
            <span className="text-text-muted">/{required}</span>
          </span>
          <span className="block text-text-muted text-xs">
            {required === 1 ? "friend" : "friends"}
          </span>
        </span>
      </ProgressRing>
      <div className="min-w-0 max-w-sm">
        <h3 className="font-medium text-sm">Next free month</h3>
        {/* Screen readers read it when a refresh changes it. */}
        <p aria-live="polite" className="mt-1 text-balance text-text-muted">
          {sentence ?? progress.sentence}
        </p>
      </div>
    </div>
  );
}
