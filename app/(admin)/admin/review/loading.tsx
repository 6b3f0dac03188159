import { ReviewSkeleton } from "@/components/admin/page-skeleton";

export default function ReviewLoading() {
  return <ReviewSkeleton />;
}
