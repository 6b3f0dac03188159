import { DashboardSkeleton } from "@/components/account/dashboard/dashboard-skeleton";

export default function DashboardLoading() {
  return <DashboardSkeleton />;
}
