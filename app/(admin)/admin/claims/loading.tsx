import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListPageSkeleton label="Loading the forgotten codes" rowClass="h-19" />;
}
