import { Card, CardHeader } from "@/components/ui/card";
import { formatCount } from "@/components/ui/wording";
import type { FunnelStep } from "./metrics";

/** How many invited people reach each step. The bars show the same numbers. */
export function Funnel({ steps }: { steps: readonly FunnelStep[] }) {
  return (
    <Card aria-labelledby="funnel-title">
      <CardHeader
        title="From invitation to qualified"
        titleId="funnel-title"
        description="What became of the visits and orders of this period until now."
      />
      <ol className="flex flex-col gap-5">
        {steps.map((step) => (
          <li key={step.id}>
            <div className="flex items-baseline justify-between gap-4 text-sm">
              <span>{step.label}</span>
              <span className="font-semibold text-base">{formatCount(step.count)}</span>
            </div>
            <div
              aria-hidden="true"
              className="mt-1.5 h-2 overflow-hidden rounded-full bg-surface-sunken"
            >
              <div
                className="h-full rounded-full bg-accent"
                style={{ width: `${(step.share * 100).toFixed(1)}%` }}
              />
            </div>
            {step.conversion ? (
              <p className="mt-1 text-text-muted text-xs">{step.conversion}</p>
            ) : null}
          </li>
        ))}
      </ol>
    </Card>
  );
}
