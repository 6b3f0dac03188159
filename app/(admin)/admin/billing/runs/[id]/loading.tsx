import { FiguresSkeleton } from "@/components/admin/shell/page-skeleton";
import { Skeleton, SkeletonGroup } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <SkeletonGroup label="Loading the billing run">
      <Skeleton className="mb-3 h-6 w-28" />
      <Skeleton className="h-8 w-96 max-w-full sm:h-9" />
      <Skeleton className="mt-2 mb-6 h-6 w-80 max-w-full sm:mb-8" />
      <FiguresSkeleton count={4} />
      <Skeleton className="mt-4 h-80 rounded-card sm:mt-6" />
    </SkeletonGroup>
  );
}
