import { ListSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListSkeleton label="Loading the invoices" fields={4} rowClass="h-19" />;
}
