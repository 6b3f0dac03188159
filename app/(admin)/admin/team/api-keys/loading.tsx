import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function ApiKeysLoading() {
  return <ListPageSkeleton label="Loading the API keys" fields={0} chips={false} />;
}
