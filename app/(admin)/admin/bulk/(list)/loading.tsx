import { BulkSkeleton } from "@/components/admin/shell/page-skeleton";

export default function BulkLoading() {
  return <BulkSkeleton />;
}
