import { ListSkeleton } from "@/components/admin/shell/page-skeleton";

export default function Loading() {
  return (
    <ListSkeleton
      label="Loading what is unbilled"
      fields={1}
      chips={false}
      rows={8}
      rowClass="h-17"
    />
  );
}
