import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListPageSkeleton label="Loading the requests" fields={0} rows={8} rowClass="h-48" />;
}
