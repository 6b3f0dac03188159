import { Card, CardHeader } from "@/components/ui/card";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { countOf, formatCount } from "@/lib/words";
import { funnel } from "./metrics";
import { TableFile } from "./table-file";

/** How many invited people reach each step. The bars show the same numbers. */
export function Funnel({ metrics }: { metrics: Metrics }) {
  const { orders_under_way: underWay } = metrics.current;
  return (
    <Card aria-labelledby="funnel-title">
      <CardHeader
        title="From invitation to qualified"
        titleId="funnel-title"
        description="What became of the visits and orders of these days until now."
        actions={<TableFile table="steps" shown={metrics} />}
      />
      <ol className="flex flex-col gap-4">
        {funnel(metrics).map((step) => (
          <li key={step.id}>
            <div className="flex items-baseline justify-between gap-4 text-sm">
              <span>{step.label}</span>
              <span className="font-semibold text-base tabular-nums">
                {formatCount(step.count)}
              </span>
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
            {step.notes.length > 0 ? (
              <p className="mt-1 text-text-muted text-xs">{step.notes.join(", ")}</p>
            ) : null}
          </li>
        ))}
      </ol>
      {underWay > 0 ? (
        <p className="mt-5 border-t pt-4 text-sm">
          {countOf(underWay, "order")} of these days can still qualify: a friend counts after{" "}
          {countOf(metrics.qualifying_days, "day")} of active service at the earliest.
        </p>
      ) : null}
    </Card>
  );
}
