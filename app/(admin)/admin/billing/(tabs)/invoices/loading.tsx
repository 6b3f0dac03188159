import { TableSkeleton } from "@/components/admin/shell/page-skeleton";
import { Skeleton } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <>
      <div aria-hidden="true" className="mb-4 flex flex-col gap-4">
        <Skeleton className="h-11 w-full max-w-md" />
        <Skeleton className="h-9 w-full max-w-lg" />
      </div>
      <TableSkeleton label="Loading the invoices" rows={8} />
    </>
  );
}
