import { DashboardSkeleton } from "@/components/account/dashboard-skeleton";

export default function DashboardLoading() {
  return <DashboardSkeleton />;
}
