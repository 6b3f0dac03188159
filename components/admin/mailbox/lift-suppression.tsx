"use client";

import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";

/** Lets mails go to an address again. */
export function LiftSuppression({ id, address }: { id: string; address: string }) {
  const act = useAction();
  return (
    <ReasonDialog
      trigger={
        <Button size="sm" aria-label={`Send mails to ${address} again`}>
          Send mails again
        </Button>
      }
      title="Send mails to this address again"
      description={
        <span className="wrap-anywhere">
          {address} gets the mails that are queued from now on. Mails that were cancelled stay
          cancelled. The provider may refuse the address until it is removed from its own list too.
        </span>
      }
      reasonHint="It stays in the audit log."
      confirmLabel="Send mails again"
      pendingLabel="Saving"
      onConfirm={(reason) =>
        act({
          path: `/api/admin/mail-suppressions/${id}/lift`,
          body: { reason },
          done: "The address gets mails again",
        })
      }
    />
  );
}
