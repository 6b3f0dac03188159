import { ListSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListSkeleton label="Loading the referrals" fields={1} rows={6} rowClass="h-34" />;
}
