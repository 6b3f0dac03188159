import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function ApiKeysLoading() {
  return <ListPageSkeleton label="Loading the API keys" fields={1} rows={5} rowClass="h-20" />;
}
