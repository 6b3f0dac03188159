import { Card, CardHeader } from "@/components/ui/card";
import { CellNote } from "@/components/ui/cell-note";
import { DateText } from "@/components/ui/text";
import type { MailEvent } from "@/lib/admin/mailbox-schemas";
import { eventLabel } from "./delivery-words";

/** What the provider reported of a mail, newest first. */
export function MailEvents({
  events,
  timeZone,
}: {
  events: readonly MailEvent[];
  timeZone: string;
}) {
  return (
    <Card aria-labelledby="events-title">
      <CardHeader title="Reports of the provider" titleId="events-title" />
      <ol className="divide-y divide-border text-sm">
        {events.map(({ kind, occurred_at, detail }) => (
          <li key={`${kind} ${occurred_at}`} className="py-3 first:pt-0 last:pb-0">
            <div className="flex items-baseline justify-between gap-4">
              <span>{eventLabel(kind)}</span>
              <span className="shrink-0 text-text-muted">
                <DateText value={occurred_at} timeZone={timeZone} withTime />
              </span>
            </div>
            {detail ? <CellNote className="wrap-anywhere">{detail}</CellNote> : null}
          </li>
        ))}
      </ol>
    </Card>
  );
}
