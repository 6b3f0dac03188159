import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListPageSkeleton label="Loading the audit log" fields={5} rowClass="h-22" />;
}
