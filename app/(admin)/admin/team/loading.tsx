import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function TeamLoading() {
  return <ListPageSkeleton label="Loading the team" filters={false} />;
}
