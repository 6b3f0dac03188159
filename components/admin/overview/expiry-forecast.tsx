import { Card, CardHeader } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText, Money } from "@/components/ui/text";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { formatDate } from "@/lib/dates";
import { formatCount } from "@/lib/words";
import { TableFile } from "./table-file";

/** What unused free months are worth, by the month in which they expire. */
export function ExpiryForecast({ metrics }: { metrics: Metrics }) {
  const { liability, currency, time_zone: timeZone } = metrics;
  const most = Math.max(1, ...liability.expiring.map((row) => row.value_cents));
  return (
    <Card padding="flush" aria-labelledby="expiry-title">
      <CardHeader
        divided
        title="When free months expire"
        titleId="expiry-title"
        description={
          <>
            Unused ones as of <DateText value={liability.as_of} timeZone={timeZone} withTime />, at
            today's prices.
          </>
        }
        actions={<TableFile table="liability" shown={metrics} />}
      />
      {liability.expiring.length === 0 ? (
        <EmptyState title="No free month is waiting">
          It appears here as soon as one is earned or granted.
        </EmptyState>
      ) : (
        <table className="w-full text-sm">
          <caption className="sr-only">Free months that expire, by month</caption>
          <thead>
            <tr className="border-b text-text-muted text-xs">
              <th scope="col" className="h-11 px-4 text-start font-medium sm:px-6">
                Month
              </th>
              <th scope="col" className="px-3 text-end font-medium">
                Free months
              </th>
              <th scope="col" className="px-4 text-end font-medium sm:px-6">
                Worth
              </th>
            </tr>
          </thead>
          <tbody>
            {liability.expiring.map((row) => (
              <tr key={row.month} className="border-b last:border-b-0">
                <th scope="row" className="px-4 py-3 text-start font-medium sm:px-6">
                  {formatDate(row.month, "UTC").replace(/^\d+ /, "")}
                  <div aria-hidden="true" className="mt-1.5 h-1.5 rounded-full bg-surface-sunken">
                    <div
                      className="h-full rounded-full bg-accent"
                      style={{ width: `${((row.value_cents / most) * 100).toFixed(1)}%` }}
                    />
                  </div>
                </th>
                <td className="px-3 text-end tabular-nums">{formatCount(row.rewards)}</td>
                <td className="px-4 text-end sm:px-6">
                  <Money cents={row.value_cents} currency={currency} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
