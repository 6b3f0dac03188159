import { ReviewSkeleton } from "@/components/admin/shell/page-skeleton";

export default function ReviewLoading() {
  return <ReviewSkeleton />;
}
