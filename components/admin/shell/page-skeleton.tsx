import { Card } from "@/components/ui/card";
import { Skeleton, SkeletonGroup, SkeletonRows } from "@/components/ui/skeleton";

function HeaderSkeleton() {
  return (
    <div aria-hidden="true" className="mb-6 sm:mb-8">
      <Skeleton className="h-8 w-48 sm:h-9" />
      <Skeleton className="mt-2 h-6 w-80 max-w-full" />
    </div>
  );
}

const keys = (count: number) => Array.from({ length: count }, (_, index) => `box-${index}`);

export type ListSkeletonProps = {
  label: string;
  /** How many fields the form above the list has. */
  fields?: number;
  /** Whether there are chips below the form. */
  chips?: boolean;
  /** As many rows as a page has, at the height that most of them have. */
  rows?: number;
  rowClass?: string;
};

/** What stands above a list and the list itself while they load, in the sizes that they will have. */
export function ListSkeleton({
  label,
  fields = 3,
  chips = true,
  rows = 25,
  rowClass,
}: ListSkeletonProps) {
  return (
    <>
      <div aria-hidden="true" className="mb-4 flex flex-col gap-4">
        {fields > 0 ? (
          <div className="flex flex-wrap items-end gap-3">
            <Skeleton className="h-[4.5rem] flex-[2_1_16rem] sm:max-w-md" />
            {keys(fields - 1).map((key) => (
              <Skeleton key={key} className="h-[4.5rem] flex-[1_1_8.5rem] sm:max-w-52" />
            ))}
            <Skeleton className="h-11 w-20" />
          </div>
        ) : null}
        {chips ? <Skeleton className="h-9 w-full max-w-lg" /> : null}
        <Skeleton className="h-9 w-full" />
      </div>
      <TableSkeleton label={label} rows={rows} rowClass={rowClass} />
    </>
  );
}

/** A list page while it loads. */
export function ListPageSkeleton(props: ListSkeletonProps) {
  return (
    <>
      <HeaderSkeleton />
      <ListSkeleton {...props} />
    </>
  );
}

export function TableSkeleton({
  label,
  rows = 6,
  rowClass,
}: {
  label: string;
  rows?: number;
  rowClass?: string;
}) {
  return (
    <Card padding="flush">
      <SkeletonRows rows={rows} label={label} rowClass={rowClass} />
    </Card>
  );
}

/** Figures in a row. */
export function FiguresSkeleton({ count, className }: { count: number; className?: string }) {
  return (
    <div aria-hidden="true" className="grid grid-cols-2 gap-4 lg:grid-cols-4">
      {keys(count).map((key) => (
        <Skeleton key={key} className={className ?? "h-[6.5rem] rounded-card"} />
      ))}
    </div>
  );
}

export function OverviewSkeleton() {
  return (
    <SkeletonGroup label="Loading the figures">
      <HeaderSkeleton />
      <div className="flex flex-col gap-4 sm:gap-6">
        <FiguresSkeleton count={12} />
        <div aria-hidden="true" className="grid gap-4 sm:gap-6 lg:grid-cols-2">
          <Skeleton className="h-96 rounded-card" />
          <Skeleton className="h-96 rounded-card" />
        </div>
      </div>
    </SkeletonGroup>
  );
}

export function CustomerSkeleton() {
  return (
    <>
      <Skeleton className="mb-3 h-6 w-24" />
      <HeaderSkeleton />
      <FiguresSkeleton count={4} className="h-[5.5rem] rounded-card" />
      <div className="mt-6 mb-6 h-12 border-b" />
      <TableSkeleton label="Loading the customer" />
    </>
  );
}

/** The review queue while it loads: the list beside one case. */
export function ReviewSkeleton() {
  return (
    <SkeletonGroup label="Loading the review queue">
      <HeaderSkeleton />
      <div aria-hidden="true" className="grid gap-4 sm:gap-6 lg:grid-cols-[16rem_minmax(0,1fr)]">
        <Skeleton className="hidden h-[60dvh] rounded-card lg:block" />
        <div>
          <Skeleton className="h-7 w-80 max-w-full" />
          <Skeleton className="mt-2 h-6 w-96 max-w-full" />
          <Skeleton className="mt-4 h-40 rounded-card sm:mt-6" />
          <Skeleton className="mt-4 h-96 rounded-card sm:mt-6" />
        </div>
      </div>
    </SkeletonGroup>
  );
}

/** The programme while it loads: its state, then its terms beside what customers read. */
export function ProgrammeSkeleton() {
  return (
    <SkeletonGroup label="Loading the programme">
      <HeaderSkeleton />
      <Skeleton className="mb-4 h-24 rounded-card sm:mb-6" />
      <div aria-hidden="true" className="grid items-start gap-4 sm:gap-6 lg:grid-cols-2">
        <Skeleton className="h-[80rem] rounded-card" />
        <Skeleton className="hidden h-[40rem] rounded-card lg:block" />
      </div>
    </SkeletonGroup>
  );
}

/** The bulk jobs while they load: the list, and the form of a new one beside it. */
export function BulkSkeleton() {
  return (
    <>
      <HeaderSkeleton />
      <div className="grid items-start gap-4 sm:gap-6 xl:grid-cols-2">
        <div className="min-w-0">
          <ListSkeleton label="Loading the bulk jobs" fields={1} rows={6} rowClass="h-24" />
        </div>
        <Skeleton className="h-[44rem] rounded-card" />
      </div>
    </>
  );
}

export function DocumentSkeleton({ label }: { label: string }) {
  return (
    <SkeletonGroup label={label}>
      <HeaderSkeleton />
      <div aria-hidden="true" className="grid gap-4 sm:gap-6 lg:grid-cols-[2fr_1fr]">
        <Skeleton className="h-[32rem] rounded-card" />
        <Skeleton className="h-72 rounded-card" />
      </div>
    </SkeletonGroup>
  );
}

/** The launch targets while they load: one table per stage. */
export function LaunchSkeleton() {
  return (
    <SkeletonGroup label="Loading the launch targets">
      <HeaderSkeleton />
      <div aria-hidden="true" className="grid gap-4 sm:gap-6 lg:grid-cols-2">
        <Skeleton className="h-[30rem] rounded-card" />
        <Skeleton className="h-[30rem] rounded-card" />
      </div>
    </SkeletonGroup>
  );
}
