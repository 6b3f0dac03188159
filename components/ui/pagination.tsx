import Link from "next/link";
import { formatCount } from "@/lib/words";
import { LinkButton } from "./button";
import { cn } from "./cn";

interface PaginationWords {
  /** Names these links: "Referrals, pages". */
  pages: string;
  shown: string | null;
  first: string;
  next: string;
}

export type PaginationProps = {
  /** Names the list, e.g. "Referrals". */
  label: string;
  /** The words in another language, on a list that customers read. */
  words?: PaginationWords;
  /** Address of the next page; absent on the last one. */
  nextHref?: string | null;
  /** Address of the page before this one. */
  previousHref?: string | null;
  /** Address of the first page; shown only when this is a later one. */
  firstHref?: string | null;
  /** How many rows are on this page, and of how many if that is known. */
  shown?: number;
  total?: number;
  /** There are more than `total`. */
  hasMoreThanTotal?: boolean;
  /** Page sizes to choose from. */
  sizes?: readonly { label: string; href: string; current: boolean }[];
};

type ShownProps = Pick<PaginationProps, "shown" | "total" | "hasMoreThanTotal">;

function shownWords({ shown, total, hasMoreThanTotal = false }: ShownProps): string | null {
  if (shown === undefined) return null;
  if (total === undefined) return `${formatCount(shown)} shown`;
  return `${formatCount(shown)} of ${hasMoreThanTotal ? "more than " : ""}${formatCount(total)}`;
}

/** The smallest page size: a list within it needs no choice. */
const isWorthChoosing = ({ sizes, shown = 0 }: PaginationProps) =>
  sizes !== undefined && (shown >= Number(sizes[0]?.label) || sizes[0]?.current === false);

/**
 * Links to the pages around this one, and page sizes. Absent when everything fits on one page of
 * the smallest size.
 */
export function Pagination(props: PaginationProps) {
  const { nextHref, previousHref, firstHref, sizes } = props;
  const hasSizes = isWorthChoosing(props);
  if (!nextHref && !firstHref && !previousHref && !hasSizes) return null;
  const words = props.words ?? {
    pages: `${props.label}, pages`,
    shown: shownWords(props),
    first: "Back to first",
    next: "Next page",
  };
  return (
    <nav
      aria-label={words.pages}
      className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t px-4 py-3 sm:px-6"
    >
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2 text-sm text-text-muted">
        <p>{words.shown}</p>
        {hasSizes ? (
          <p className="flex items-center gap-1">
            <span className="me-1">Rows:</span>
            {sizes?.map((size) => (
              <Link
                key={size.label}
                href={size.href}
                scroll={false}
                aria-current={size.current ? "true" : undefined}
                aria-label={`${size.label} rows on a page`}
                className={cn(
                  "inline-flex h-8 min-w-9 items-center justify-center rounded-control px-2",
                  size.current
                    ? "bg-surface-sunken font-medium text-text"
                    : "hover:bg-surface-sunken hover:text-text",
                )}
              >
                {size.label}
              </Link>
            ))}
          </p>
        ) : null}
      </div>
      <div className="flex flex-wrap gap-2">
        {firstHref ? (
          <LinkButton href={firstHref} size="sm" variant="ghost">
            {words.first}
          </LinkButton>
        ) : null}
        {previousHref ? (
          <LinkButton href={previousHref} size="sm">
            Previous page
          </LinkButton>
        ) : null}
        {nextHref ? (
          <LinkButton href={nextHref} size="sm">
            {words.next}
          </LinkButton>
        ) : null}
      </div>
    </nav>
  );
}
