import { LaunchSkeleton } from "@/components/admin/shell/page-skeleton";

export default function LaunchLoading() {
  return <LaunchSkeleton />;
}
