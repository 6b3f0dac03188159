"use client";

import { Gift } from "lucide-react";
import { useRef, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";

export type GrantRewardProps = { customerId: string; customerName: string };

/**
 * Grants a free month. One key per opening, so that pressing again after a failure cannot grant
 * twice; while it is unknown whether an attempt arrived, closing and opening keeps the key.
 */
export function GrantReward({ customerId, customerName }: GrantRewardProps) {
  const [open, setOpen] = useState(false);
  const key = useRef("");
  const uncertain = useRef(false);
  const act = useAction();

  function changeOpen(next: boolean) {
    if (next && !uncertain.current) key.current = crypto.randomUUID();
    setOpen(next);
  }

  async function grant(reason: string) {
    const outcome = await act({
      path: `/api/admin/customers/${customerId}/referrals/grant`,
      body: { reason },
      headers: { "idempotency-key": key.current },
      done: "Free month granted",
      description: `${customerName} gets a mail with your reason.`,
    });
    const { result } = outcome;
    uncertain.current = !result.ok && result.uncertain;
    if (!result.ok && result.code === "idempotency_key_reused") {
      return {
        ok: false as const,
        message:
          "Your earlier attempt went through with the reason you had written then: the free month " +
          "is in the list. Close this, unless you mean to grant another one.",
      };
    }
    return outcome;
  }

  return (
    <ReasonDialog
      trigger={
        <Button variant="primary" icon={<Gift aria-hidden="true" />}>
          Grant a free month
        </Button>
      }
      open={open}
      onOpenChange={changeOpen}
      title="Grant a free month"
      description={`${customerName} gets one free month, used on their next invoice by itself.`}
      reasonHint="The customer reads this in the mail about it, and it stays in the audit log."
      confirmLabel="Grant free month"
      pendingLabel="Granting"
      onConfirm={grant}
    />
  );
}
