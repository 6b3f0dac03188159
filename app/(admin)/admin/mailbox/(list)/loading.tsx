import { ListPageSkeleton } from "@/components/admin/shell/page-skeleton";

export default function MailboxLoading() {
  return <ListPageSkeleton label="Loading the mailbox" />;
}
