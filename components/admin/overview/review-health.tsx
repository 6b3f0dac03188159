import { signalWords } from "@/components/admin/referrals/signal-words";
import { Badge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DateText } from "@/components/ui/text";
import type { ReviewOverview } from "@/lib/admin/review-schemas";
import { formatCount } from "@/lib/words";
import { LEAST_FOR_PERCENT } from "./metrics";

type Props = { overview: ReviewOverview; timeZone: string };

function precisionText({ rejected, cleared }: ReviewOverview["signals"][number]): string {
  const decided = rejected + cleared;
  if (decided === 0) return "none decided";
  return decided < LEAST_FOR_PERCENT
    ? `${rejected} of ${decided}`
    : `${Math.round((rejected / decided) * 100)} % of ${decided}`;
}

function Alerts({ overview, timeZone }: Props) {
  if (overview.alerts.length === 0) return null;
  return (
    <ul className="mb-6 flex flex-col gap-2 text-sm">
      {overview.alerts.map((alert) => (
        <li
          key={`${alert.at} ${alert.referrer.id} ${alert.kind}`}
          className="border-warning border-l-2 pl-3"
        >
          <TextLink href={`/admin/customers/${alert.referrer.id}/referrals`}>
            {alert.referrer.name}
          </TextLink>
          {alert.kind === "refused_attempts"
            ? ": many refused uses of the code, "
            : ": many referrals in a day, "}
          <DateText value={alert.at} timeZone={timeZone} withTime />
        </li>
      ))}
    </ul>
  );
}

const QUEUES = [
  { id: "holds", label: "Holding a reward", word: "oldest since" },
  { id: "flags", label: "For information", word: "oldest since" },
  { id: "appeals", label: "Appeals", word: "first answer due" },
] as const;

/** How many cases wait in each queue, and since when. */
function QueueAges({ overview, timeZone }: Props) {
  const at = {
    holds: overview.oldest_hold_at,
    flags: overview.oldest_flag_at,
    appeals: overview.next_appeal_due_at,
  };
  return (
    <dl className="mb-6 divide-y divide-border border-y text-sm">
      {QUEUES.map(({ id, label, word }) => (
        <div key={id} className="flex flex-wrap items-baseline justify-between gap-x-4 py-2">
          <dt>{label}</dt>
          <dd className="text-text-muted tabular-nums">
            <span className="font-medium text-text">{formatCount(overview[id])}</span>
            {at[id] ? (
              <span>
                , {word} <DateText value={at[id]} timeZone={timeZone} withTime />
              </span>
            ) : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** How old the queues are, what reviewers made of each signal in 90 days, and alerts of a week. */
export function ReviewHealth({ overview, timeZone }: Props) {
  const { signals } = overview;
  return (
    <Card aria-labelledby="review-health-title">
      <CardHeader
        title="Review"
        titleId="review-health-title"
        description="What waits for a reviewer, and how right each signal is."
      />
      <QueueAges overview={overview} timeZone={timeZone} />
      <Alerts overview={overview} timeZone={timeZone} />
      {signals.length === 0 ? (
        <p className="text-sm text-text-muted">No signal was raised in the last 90 days.</p>
      ) : (
        <table className="w-full text-sm">
          <caption className="mb-2 text-start text-text-muted text-xs">
            Signals of the last 90 days: of the referrals that were decided, how many were rejected
          </caption>
          <thead>
            <tr className="border-b text-text-muted">
              <th scope="col" className="py-2 text-start font-normal">
                Signal
              </th>
              <th scope="col" className="py-2 text-end font-normal">
                Rejected
              </th>
              <th scope="col" className="py-2 pl-3 text-end font-normal">
                Open
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-border">
            {signals.map((row) => (
              <tr key={row.signal}>
                <th scope="row" className="py-2 text-start font-normal">
                  {signalWords(row.signal).label} {row.is_shadow ? <Badge>Shadow</Badge> : null}
                </th>
                <td className="py-2 text-end tabular-nums">{precisionText(row)}</td>
                <td className="py-2 pl-3 text-end tabular-nums">{row.undecided}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
