import { LinkButton } from "./button";
import { formatCount } from "./wording";

export type PaginationProps = {
  /** Names the list, e.g. "Referrals". */
  label: string;
  /** Address of the next page; absent on the last one. */
  nextHref?: string | null;
  /** Address of the first page; shown only when this is a later one. */
  firstHref?: string | null;
  /** How many rows are on this page, and of how many if that is known. */
  shown?: number;
  total?: number;
};

/** Links to the next and the first page of a list. Absent when everything fits on one page. */
export function Pagination({ label, nextHref, firstHref, shown, total }: PaginationProps) {
  if (!nextHref && !firstHref) return null;
  return (
    <nav
      aria-label={`${label}, pages`}
      className="flex flex-wrap items-center justify-between gap-3 border-t px-4 py-3 sm:px-6"
    >
      <p className="text-sm text-text-muted">
        {shown === undefined
          ? null
          : total === undefined
            ? `${formatCount(shown)} shown`
            : `${formatCount(shown)} of ${formatCount(total)}`}
      </p>
      <div className="flex gap-2">
        {firstHref ? (
          <LinkButton href={firstHref} size="sm" variant="ghost">
            Back to first
          </LinkButton>
        ) : null}
        {nextHref ? (
          <LinkButton href={nextHref} size="sm">
            Next page
          </LinkButton>
        ) : null}
      </div>
    </nav>
  );
}
