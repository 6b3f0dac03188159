import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function ApprovalsLoading() {
  return <ListPageSkeleton label="Loading the requests" />;
}
