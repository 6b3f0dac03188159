import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListPageSkeleton label="Loading the referrals" rowClass="h-34" />;
}
