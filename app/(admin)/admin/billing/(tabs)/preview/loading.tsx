import { FiguresSkeleton } from "@/components/admin/shell/page-skeleton";
import { Skeleton, SkeletonGroup } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <SkeletonGroup label="Loading the preview">
      <Skeleton className="mb-4 h-11 w-full max-w-lg sm:mb-6" />
      <FiguresSkeleton count={4} />
    </SkeletonGroup>
  );
}
