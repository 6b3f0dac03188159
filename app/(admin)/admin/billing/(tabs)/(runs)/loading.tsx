import { TableSkeleton } from "@/components/admin/page-skeleton";

export default function Loading() {
  return <TableSkeleton label="Loading the billing runs" rows={8} />;
}
