import { ProgrammeSkeleton } from "@/components/admin/page-skeleton";

export default function ProgrammeLoading() {
  return <ProgrammeSkeleton />;
}
