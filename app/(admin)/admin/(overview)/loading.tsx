export { OverviewSkeleton as default } from "@/components/admin/shell/page-skeleton";
