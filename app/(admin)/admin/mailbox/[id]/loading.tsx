import { DocumentSkeleton } from "@/components/admin/page-skeleton";

export default function MailLoading() {
  return <DocumentSkeleton label="Loading the mail" />;
}
