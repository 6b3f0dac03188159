import { StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import { DateText } from "@/components/ui/text";
import type { ReviewCaseFacts } from "@/lib/admin/review-schemas";
import { countOf, formatCount } from "@/lib/words";
import { AttemptList } from "./attempt-list";
import { eventWords } from "./case-facts";

type Props = { item: ReviewCaseFacts; timeZone: string };

/** What happened when, on one line. */
export function Timing({ item, timeZone }: Props) {
  return (
    <Card aria-labelledby="timing-title">
      <CardHeader as="h2" title="Timing" titleId="timing-title" />
      <ol className="flex flex-wrap gap-x-6 gap-y-4 text-sm">
        {item.timing.map(({ event, at }) => (
          <li key={`${event} ${at}`} className="border-accent border-l-2 pl-3">
            <span className="block text-text-muted text-xs">{eventWords(event)}</span>
            <DateText value={at} timeZone={timeZone} withTime />
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** What became of the referrer's other friends, and refused uses of the code. */
export function TrackRecord({ item, timeZone }: Props) {
  const { record } = item;
  const total = Object.values(record.referrals).reduce((sum, n) => sum + n, 0);
  return (
    <Card aria-labelledby="record-title">
      <CardHeader as="h2" title="The referrer’s record" titleId="record-title" />
      <DescriptionList
        items={[
          { label: "Friends", value: formatCount(total) },
          { label: "Counted", value: formatCount(record.referrals.qualified ?? 0) },
          { label: "Free months earned", value: formatCount(record.rewards) },
          { label: "Cleared in review", value: formatCount(record.cleared) },
          { label: "Rejected in review", value: formatCount(record.rejected) },
        ]}
      />
      <h3 className="mt-6 mb-2 font-medium text-sm">
        {countOf(record.attempts.length, "refused use", "refused uses")} of a code
      </h3>
      <AttemptList attempts={record.attempts} timeZone={timeZone} />
    </Card>
  );
}

/** Other open cases of the same people, places, phones or networks. */
export function Ring({ item, timeZone }: Props) {
  return (
    <Card aria-labelledby="ring-title">
      <CardHeader as="h2" title="Related open cases" titleId="ring-title" />
      {item.ring.length === 0 ? (
        <p className="text-sm text-text-muted">No other open case has to do with these people.</p>
      ) : (
        <ul className="divide-y divide-border text-sm">
          {item.ring.map((other) => (
            <li key={other.id} className="flex flex-wrap items-center justify-between gap-2 py-3">
              <TextLink href={`/admin/review/${other.id}`} className="wrap-anywhere">
                {other.referred.name}, referred by {other.referrer.name}
              </TextLink>
              <span className="flex items-center gap-2">
                <StatusBadge kind="referral" status={other.status} />
                <DateText value={other.referred_at} timeZone={timeZone} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** What reviewers decided so far, and the appeal. */
export function History({ item, timeZone }: Props) {
  const { decisions, appeal } = item;
  if (decisions.length === 0 && appeal === null) return null;
  return (
    <Card aria-labelledby="history-title">
      <CardHeader as="h2" title="Decisions" titleId="history-title" />
      <ul className="flex flex-col gap-3 text-sm">
        {appeal ? (
          <li className="border-accent border-l-2 pl-3">
            <p>
              The referrer asked for another look on{" "}
              <DateText value={appeal.asked_at} timeZone={timeZone} withTime />; due{" "}
              <DateText value={appeal.due_at} timeZone={timeZone} />.
            </p>
            <p className="wrap-anywhere mt-1">
              <bdi>“{appeal.reason}”</bdi>
            </p>
            {appeal.decided_at ? (
              <p className="mt-1 text-text-muted">
                {appeal.status === "upheld" ? "Upheld" : "Dismissed"} by{" "}
                {appeal.decided_by_name ?? "a former admin"}: {appeal.decision_reason}
              </p>
            ) : null}
          </li>
        ) : null}
        {decisions.map((decision) => (
          <li key={decision.id}>
            <p className="font-medium">
              {decision.decision === "clear" ? "Cleared" : "Rejected"} by{" "}
              {decision.decided_by_name ?? "a former admin"} on{" "}
              <DateText value={decision.decided_at} timeZone={timeZone} withTime />
              {decision.undone_at ? <span className="text-text-muted"> (taken back)</span> : null}
            </p>
            <p className="wrap-anywhere text-text-muted">{decision.reason}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
