import { ListSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListSkeleton label="Loading the billing runs" fields={2} rows={8} rowClass="h-19" />;
}
