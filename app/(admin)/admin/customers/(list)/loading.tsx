import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function CustomersLoading() {
  return <ListPageSkeleton label="Loading the customers" filters={false} />;
}
