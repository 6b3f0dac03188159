export { CustomerSkeleton as default } from "@/components/admin/shell/page-skeleton";
