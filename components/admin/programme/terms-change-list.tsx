import { ArrowRight } from "lucide-react";
import type { TermsChange } from "./terms-changes";

/** What a version changes: each value before and after. */
export function TermsChangeList({ changes }: { changes: readonly TermsChange[] }) {
  return (
    <dl className="flex flex-col gap-1 text-sm">
      {changes.map((change) => (
        <div key={change.label} className="flex flex-wrap items-center gap-x-2">
          <dt className="text-text-muted">{change.label}:</dt>
          <dd className="flex flex-wrap items-center gap-x-2">
            <span className="sr-only">from </span>
            <del className="text-text-muted">{change.before}</del>
            <ArrowRight aria-hidden="true" className="size-3.5 text-text-muted" />
            <span className="sr-only">to </span>
            <ins className="no-underline">{change.after}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}
