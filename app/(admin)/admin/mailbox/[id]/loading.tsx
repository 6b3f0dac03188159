import { DocumentSkeleton } from "@/components/admin/shell/page-skeleton";

export default function MailLoading() {
  return <DocumentSkeleton label="Loading the mail" />;
}
