import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function MailSettingsLoading() {
  return <ListPageSkeleton label="Loading the settings" />;
}
