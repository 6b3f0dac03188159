import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function BulkLoading() {
  return <ListPageSkeleton label="Loading the bulk jobs" />;
}
