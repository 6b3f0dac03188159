import { TableSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <TableSkeleton label="Loading what is unbilled" rows={8} />;
}
