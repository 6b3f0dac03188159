import { DocumentSkeleton } from "@/components/admin/page-skeleton";

export default function ProgrammeLoading() {
  return <DocumentSkeleton label="Loading the programme" />;
}
