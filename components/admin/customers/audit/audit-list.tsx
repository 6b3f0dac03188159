import { ArrowRight } from "lucide-react";
import { TextLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { DateText } from "@/components/ui/text";
import type { AuditEntry } from "@/lib/admin/customer-schemas";
import { type AuditChange, type AuditFormat, auditChanges } from "./audit-changes";
import { auditSentence } from "./audit-sentence";

function Change({ change }: { change: AuditChange }) {
  return (
    <div className="flex flex-wrap items-center gap-x-2">
      <dt className="text-text-muted">{change.field}:</dt>
      <dd className="wrap-anywhere flex flex-wrap items-center gap-x-2">
        {change.before === null ? null : (
          <>
            <span className="sr-only">from </span>
            <del className="text-text-muted">{change.before}</del>
            <ArrowRight aria-hidden="true" className="size-3.5 text-text-muted" />
            <span className="sr-only">to </span>
          </>
        )}
        <ins className="no-underline">{change.after ?? "removed"}</ins>
      </dd>
    </div>
  );
}

/** An entry; in a list of several customers it also says whom it concerned. */
type AuditListEntry = AuditEntry & {
  customer_id?: string | null;
  customer_name?: string | null;
};

/** Who did what, when and why, newest first. */
export function AuditList({
  entries,
  timeZone,
  currency,
  isFiltered = false,
}: AuditFormat & { entries: readonly AuditListEntry[]; isFiltered?: boolean }) {
  if (entries.length === 0) {
    return isFiltered ? (
      <EmptyState title="Nothing matches">Choose other filters.</EmptyState>
    ) : (
      <EmptyState title="Nothing in the audit log yet">
        Grants, revocations, reviews and status changes by the team are kept here.
      </EmptyState>
    );
  }
  return (
    <ol className="divide-y divide-border">
      {entries.map((entry) => {
        const changes = auditChanges(entry, { timeZone, currency });
        return (
          <li key={entry.id} className="flex flex-col gap-1.5 px-4 py-4 text-sm sm:px-6">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <p className="font-medium">{auditSentence(entry, { timeZone, currency })}</p>
              <DateText
                value={entry.created_at}
                timeZone={timeZone}
                withTime
                className="text-text-muted text-xs"
              />
            </div>
            {entry.customer_id ? (
              <p className="wrap-anywhere">
                <span className="text-text-muted">Customer: </span>
                <TextLink quiet href={`/admin/customers/${entry.customer_id}/audit`}>
                  <bdi>{entry.customer_name || "Former customer"}</bdi>
                </TextLink>
              </p>
            ) : null}
            {entry.reason && entry.action !== "access.refused" ? (
              <p className="wrap-anywhere whitespace-pre-line">
                <span className="text-text-muted">Reason: </span>
                {entry.reason}
              </p>
            ) : null}
            {changes.length > 0 ? (
              <dl className="flex flex-col gap-1 text-xs">
                {changes.map((change) => (
                  <Change key={change.field} change={change} />
                ))}
              </dl>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}
