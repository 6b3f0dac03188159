import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListPageSkeleton label="Loading the team" fields={2} rows={5} rowClass="h-17" />;
}
