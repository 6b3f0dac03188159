import { Card, CardHeader } from "@/components/ui/card";
import { Money } from "@/components/ui/text";
import type { Backtest } from "@/lib/fraud/backtest";
import { type FraudSignal, SIGNALS } from "@/lib/fraud/fraud-signals";
import { countOf, formatCount } from "@/lib/words";

const DECIDED = [
  ["rejected", "Rejected by a reviewer"],
  ["cleared", "Cleared by a reviewer"],
  ["undecided", "Not decided"],
] as const;

/** What other settings would have done in the last 90 days, by what reviewers decided. */
export function BacktestResult({ result, currency }: { result: Backtest; currency: string }) {
  const changed = result.signals.filter(({ before, after }) => before !== after);
  return (
    <Card aria-labelledby="backtest-title" aria-live="polite">
      <CardHeader
        title="What would have changed in 90 days"
        titleId="backtest-title"
        description={`${countOf(result.judged, "referral")} judged again. Held before: ${formatCount(result.held.before)}, then: ${formatCount(result.held.after)}.`}
      />
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b text-text-muted">
            <th scope="col" className="py-2 text-start font-normal">
              Referrals
            </th>
            <th scope="col" className="py-2 text-end font-normal">
              Newly held
            </th>
            <th scope="col" className="py-2 pl-3 text-end font-normal">
              No longer held
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-border">
          {DECIDED.map(([kind, label]) => (
            <tr key={kind}>
              <th scope="row" className="py-2 text-start font-normal">
                {label}
              </th>
              {[result.newly_held[kind], result.no_longer_held[kind]].map((change, n) => (
                <td key={n === 0 ? "new" : "gone"} className="py-2 pl-3 text-end tabular-nums">
                  {formatCount(change.referrals)}{" "}
                  <span className="block text-text-muted text-xs">
                    <Money cents={change.cents} currency={currency} />
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {changed.length > 0 ? (
        <ul className="mt-4 text-sm text-text-muted">
          {changed.map(({ signal, before, after }) => (
            <li key={signal}>
              {SIGNALS[signal as FraudSignal].label}: raised {formatCount(before)} times, then{" "}
              {formatCount(after)}
            </li>
          ))}
        </ul>
      ) : null}
    </Card>
  );
}
