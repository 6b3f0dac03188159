import { ProgrammeSkeleton } from "@/components/admin/shell/page-skeleton";

export default function ProgrammeLoading() {
  return <ProgrammeSkeleton />;
}
