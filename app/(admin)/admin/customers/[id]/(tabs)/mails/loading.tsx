import { ListSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return <ListSkeleton label="Loading the mails" fields={1} rows={8} rowClass="h-17" />;
}
