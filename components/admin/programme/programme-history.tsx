import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { DateText } from "@/components/ui/text";
import type { Program } from "@/lib/admin/programme-schemas";
import { TermsChangeList } from "./terms-change-list";
import { termsChanges } from "./terms-changes";
import { termsOf } from "./terms-form-fields";
import { VERSION_STATES } from "./version-states";

export type ProgrammeHistoryProps = {
  /** Newest first. */
  versions: Program["versions"];
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

/** Every version of the terms: when, by whom, why, and what it changed. */
export function ProgrammeHistory({ versions, timeZone, currency }: ProgrammeHistoryProps) {
  return (
    <Card padding="flush" aria-labelledby="history-title" className="mt-4 sm:mt-6">
      <CardHeader divided title="Versions" titleId="history-title" />
      <ol className="divide-y divide-border">
        {versions.map((version, index) => {
          const previous = versions[index + 1];
          const changes = previous
            ? termsChanges(termsOf(previous), termsOf(version), currency)
            : [];
          return (
            <li key={version.version} className="flex flex-col gap-2 px-4 py-4 text-sm sm:px-6">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <h3 className="font-medium">Version {version.version}</h3>
                {version.state === "past" ? null : (
                  <Badge tone={VERSION_STATES[version.state].tone}>
                    {VERSION_STATES[version.state].label}
                  </Badge>
                )}
                <span className="text-text-muted">
                  <DateText value={version.created_at} timeZone={timeZone} withTime />
                  {", by "}
                  {version.created_by_name ?? "the system"}
                </span>
              </div>
              {version.effective_at ? (
                <p className="text-text-muted">
                  {version.state === "scheduled" ? "Counts from " : "Scheduled for "}
                  <DateText value={version.effective_at} timeZone={timeZone} />
                </p>
              ) : null}
              <p className="wrap-anywhere whitespace-pre-line">
                <span className="text-text-muted">Reason: </span>
                {version.reason}
              </p>
              {changes.length > 0 ? (
                <TermsChangeList changes={changes} />
              ) : (
                <p className="text-text-muted">
                  {version.version === 1 ? "The first terms." : "The same terms as before."}
                </p>
              )}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
