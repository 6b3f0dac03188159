import { TableSkeleton } from "@/components/admin/page-skeleton";

export default function Loading() {
  return <TableSkeleton label="Loading the referrals" />;
}
