"use client";

import { RotateCw } from "lucide-react";
import { useAction } from "@/components/admin/actions/use-action";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";

/** Queues a failed mail again. */
export function RetryMail({ id, recipient }: { id: string; recipient: string }) {
  const act = useAction();
  return (
    <ConfirmDialog
      trigger={
        <Button variant="primary" icon={<RotateCw aria-hidden="true" />}>
          Send again
        </Button>
      }
      title="Send this mail again"
      description={`It goes to ${recipient} with the next delivery. If an earlier attempt arrived, they get it twice.`}
      confirmLabel="Send again"
      pendingLabel="Queueing"
      onConfirm={() =>
        act({ path: `/api/admin/notifications/${id}/retry`, done: "The mail is queued again" })
      }
    />
  );
}
