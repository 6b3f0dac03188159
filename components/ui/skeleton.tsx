import { cn } from "./cn";

/** A placeholder while something loads. Give it the final size of what it replaces. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={cn("block h-4 animate-skeleton rounded-md bg-surface-sunken", className)}
    />
  );
}

export type SkeletonGroupProps = {
  /** What is loading, e.g. "Loading your invoices". */
  label: string;
  className?: string;
  children: React.ReactNode;
};

/** Wraps skeletons. Screen readers read once what is loading. */
export function SkeletonGroup({ label, className, children }: SkeletonGroupProps) {
  return (
    <div role="status" className={className}>
      <span className="sr-only">{label}</span>
      {children}
    </div>
  );
}

/** Placeholder rows in place of a table. */
export function SkeletonRows({
  rows = 5,
  label,
  rowClass = "h-14",
}: {
  rows?: number;
  label: string;
  /** The height of a row. */
  rowClass?: string;
}) {
  return (
    <SkeletonGroup label={label}>
      {Array.from({ length: rows }, (_, index) => `row-${index}`).map((key) => (
        <div
          key={key}
          className={cn("flex items-center gap-6 border-b px-4 last:border-b-0 sm:px-6", rowClass)}
        >
          <Skeleton className="w-1/3" />
          <Skeleton className="hidden w-1/5 sm:block" />
          <Skeleton className="ml-auto w-20" />
        </div>
      ))}
    </SkeletonGroup>
  );
}
