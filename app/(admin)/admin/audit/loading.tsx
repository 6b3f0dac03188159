import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function AuditLoading() {
  return <ListPageSkeleton label="Loading the audit log" />;
}
