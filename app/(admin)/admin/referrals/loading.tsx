import { ListPageSkeleton } from "@/components/admin/page-skeleton";

export default function Loading() {
  return <ListPageSkeleton label="Loading the referrals" />;
}
