import { FiguresSkeleton, TableSkeleton } from "@/components/admin/shell/page-skeleton";
import { Skeleton } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <div className="flex flex-col gap-4 sm:gap-6">
      <Skeleton className="h-[4.5rem] w-full max-w-lg" />
      <TableSkeleton label="Loading the reports" rows={3} />
      <FiguresSkeleton count={4} />
    </div>
  );
}
