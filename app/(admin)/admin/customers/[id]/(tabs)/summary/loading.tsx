import { TableSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <TableSkeleton label="Loading the summary" />;
}
