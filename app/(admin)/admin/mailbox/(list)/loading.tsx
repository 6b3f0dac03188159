import { ListPageSkeleton } from "@/components/admin/page-skeleton";

export default function MailboxLoading() {
  return <ListPageSkeleton label="Loading the mailbox" />;
}
