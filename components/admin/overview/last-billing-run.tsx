import { cycleDays } from "@/components/admin/billing/billing-words";
import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { formatCount } from "@/lib/words";

export type LastBillingRunProps = {
  run: Metrics["last_billing_run"];
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

/** The totals of the last billing run. */
export function LastBillingRun({ run, timeZone, currency }: LastBillingRunProps) {
  return (
    <Card aria-labelledby="billing-run-title">
      <CardHeader
        title="Last billing run"
        titleId="billing-run-title"
        actions={run ? <StatusBadge kind="billing_run" status={run.status} /> : null}
      />
      {run ? (
        <DescriptionList
          items={[
            {
              label: "Cycle",
              value: <TextLink href={`/admin/billing/runs/${run.id}`}>{cycleDays(run)}</TextLink>,
            },
            {
              label: run.finished_at ? "Finished" : "Started",
              value: (
                <DateText value={run.finished_at ?? run.started_at} timeZone={timeZone} withTime />
              ),
            },
            { label: "Invoices", value: formatCount(run.invoices) },
            { label: "Free months", value: formatCount(run.free_months) },
            { label: "Waived", value: <Money cents={run.waived_cents} currency={currency} /> },
            { label: "Invoiced", value: <Money cents={run.total_cents} currency={currency} /> },
          ]}
        />
      ) : (
        <EmptyState title="No billing run yet">
          The first one runs at the start of a billing month.
        </EmptyState>
      )}
    </Card>
  );
}
