export { OverviewSkeleton as default } from "@/components/admin/page-skeleton";
