import {
  cycleDays,
  durationWords,
  secondsBetween,
  startedBy,
} from "@/components/admin/billing/billing-words";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { DateText } from "@/components/ui/text";
import type { BillingRunDetails } from "@/lib/billing/billing-admin-schemas";

export type RunFactsProps = { run: BillingRunDetails; timeZone: string };

/** When a run started and ended, who started it, and under which conditions. */
export function RunFacts({ run, timeZone }: RunFactsProps) {
  const time = (value: string) => <DateText value={value} timeZone={timeZone} withTime />;
  return (
    <Card aria-labelledby="billing-facts-title">
      <CardHeader title="About this run" titleId="billing-facts-title" />
      <DescriptionList
        layout="columns"
        items={[
          { label: "Cycle", value: cycleDays(run) },
          {
            label: "Started by",
            value: <span className="first-letter:uppercase inline-block">{startedBy(run)}</span>,
          },
          { label: "Started", value: time(run.started_at) },
          ...(run.finished_at
            ? [
                { label: "Finished", value: time(run.finished_at) },
                {
                  label: "Took",
                  value: (
                    <span className="inline-block first-letter:uppercase">
                      {durationWords(secondsBetween(run.started_at, run.finished_at))}
                    </span>
                  ),
                },
              ]
            : run.heartbeat_at
              ? [{ label: "Last sign of work", value: time(run.heartbeat_at) }]
              : []),
          { label: "Invoices dated", value: <DateText value={run.as_of} timeZone={timeZone} /> },
          {
            label: "Free months",
            value: run.rewards_enabled ? "Used where earned" : "Switched off for this run",
          },
          ...(run.force_reason
            ? [
                {
                  label: "Reason given",
                  value: <q className="whitespace-pre-line">{run.force_reason}</q>,
                },
              ]
            : []),
        ]}
      />
    </Card>
  );
}
