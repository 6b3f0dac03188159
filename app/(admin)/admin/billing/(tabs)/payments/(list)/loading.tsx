import { ListSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListSkeleton label="Loading the payments" rowClass="h-19" />;
}
