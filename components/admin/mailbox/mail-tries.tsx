import { Card, CardHeader } from "@/components/ui/card";
import { CellNote } from "@/components/ui/cell-note";
import { DateText } from "@/components/ui/text";
import type { MailTry } from "@/lib/admin/mailbox-schemas";
import { countOf } from "@/lib/words";
import { TRY_WORDS } from "./failure-causes";

export type MailTriesProps = {
  tries: readonly MailTry[];
  /** How many there are; the list holds the newest. */
  total: number;
  timeZone: string;
};

/** Each hand-over of a mail to the provider, newest first. */
export function MailTries({ tries, total, timeZone }: MailTriesProps) {
  return (
    <Card aria-labelledby="tries-title">
      <CardHeader title="Tries" titleId="tries-title" />
      {tries.length === 0 ? (
        <p className="text-sm text-text-muted">None yet, or their record is no longer kept.</p>
      ) : (
        <ol className="divide-y divide-border text-sm">
          {tries.map(({ started_at, outcome, http_status, error }) => (
            <li key={started_at} className="py-3 first:pt-0 last:pb-0">
              <div className="flex items-baseline justify-between gap-4">
                <span>{outcome === null ? "Under way" : TRY_WORDS[outcome]}</span>
                <span className="shrink-0 text-text-muted">
                  <DateText value={started_at} timeZone={timeZone} withTime />
                </span>
              </div>
              {error ? (
                <CellNote className="wrap-anywhere">{error}</CellNote>
              ) : http_status === null ? null : (
                <CellNote>Status {http_status}</CellNote>
              )}
            </li>
          ))}
        </ol>
      )}
      {total > tries.length ? (
        <p className="pt-3 text-text-muted text-xs">
          {countOf(total - tries.length, "earlier try is", "earlier tries are")} not shown.
        </p>
      ) : null}
    </Card>
  );
}
