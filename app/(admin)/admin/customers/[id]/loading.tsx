export { CustomerSkeleton as default } from "@/components/admin/page-skeleton";
