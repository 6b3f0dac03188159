import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function BulkJobLoading() {
  return <ListPageSkeleton label="Loading the bulk job" />;
}
