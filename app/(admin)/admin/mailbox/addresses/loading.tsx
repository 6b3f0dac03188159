import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function AddressesLoading() {
  return <ListPageSkeleton label="Loading the addresses" />;
}
