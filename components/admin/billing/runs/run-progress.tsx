import { durationWords } from "@/components/admin/billing/billing-words";
import { Card, CardHeader } from "@/components/ui/card";
import { ProgressBar } from "@/components/ui/progress";
import { countOf, formatCount } from "@/components/ui/wording";
import type { BillingRunDetails } from "@/lib/billing/billing-admin-schemas";
import { type PaceSample, paceOf } from "./pace";

export type RunProgressProps = { run: BillingRunDetails; samples: readonly PaceSample[] };

/** How many services have their invoice, how fast it goes, and how long it will take. */
export function RunProgress({ run, samples }: RunProgressProps) {
  const words = `${formatCount(run.done)} of ${countOf(run.services_total, "service")}`;
  const pace = paceOf(samples, run.services_total);
  const percent = run.services_total > 0 ? Math.floor((run.done / run.services_total) * 100) : 0;
  return (
    <Card aria-labelledby="billing-progress-title">
      <CardHeader
        title="Progress"
        titleId="billing-progress-title"
        description={`${words} have their invoice.`}
        actions={<p className="font-semibold text-xl">{percent} %</p>}
      />
      <ProgressBar
        label="Services with their invoice"
        value={run.done}
        max={run.services_total}
        valueText={words}
      />
      <p className="mt-3 flex min-h-6 flex-wrap justify-between gap-x-6 text-sm text-text-muted">
        {run.is_interrupted ? (
          <span>Stopped</span>
        ) : (
          <>
            <span>
              {pace === null || pace.perSecond < 1
                ? "Working"
                : `${countOf(Math.round(pace.perSecond), "service")} a second`}
            </span>
            {pace?.secondsLeft ? <span>About {durationWords(pace.secondsLeft)} left</span> : null}
          </>
        )}
      </p>
    </Card>
  );
}
