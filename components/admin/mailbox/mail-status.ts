import type { StatusOf } from "@/components/ui/badge";
import type { NotificationRow } from "@/lib/admin/mailbox-schemas";

/** The status of a mail as people see it: queued after a failed attempt means it is retried. */
export const mailStatus = ({
  status,
  attempts,
}: Pick<NotificationRow, "status" | "attempts">): StatusOf<"notification"> =>
  status === "queued" && attempts > 0 ? "retrying" : status;
