import { DocumentSkeleton } from "@/components/admin/page-skeleton";

export default function ReviewLoading() {
  return <DocumentSkeleton label="Loading the review queue" />;
}
