"use client";

import { Gift } from "lucide-react";
import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { useIdempotencyKey, wasSentBefore } from "@/components/admin/actions/use-idempotency-key";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";

export type GrantRewardProps = { customerId: string; customerName: string };

/** Grants a free month. Pressing again after a failure cannot grant a second one. */
export function GrantReward({ customerId, customerName }: GrantRewardProps) {
  const [open, setOpen] = useState(false);
  const key = useIdempotencyKey();
  const act = useAction();

  function changeOpen(next: boolean) {
    if (next) key.renew();
    setOpen(next);
  }

  async function grant(reason: string) {
    const outcome = await act({
      path: `/api/admin/customers/${customerId}/referrals/grant`,
      body: { reason },
      headers: key.headers(),
      done: "Free month granted",
      description: `${customerName} gets a mail with your reason.`,
    });
    key.settle(outcome.result);
    if (!wasSentBefore(outcome.result)) return outcome;
    return {
      ok: false as const,
      message:
        "Your earlier attempt went through with the reason you had written then. The free month " +
        "is in the list. Please close this, unless you want to grant another one.",
    };
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
      description={`${customerName} gets one free month. It comes off the invoice of their next whole month by itself, at the price of their dearest service, and is called goodwill there.`}
      reasonHint="The customer reads this in the mail about it, and it stays in the audit log."
      confirmLabel="Grant free month"
      pendingLabel="Granting"
      onConfirm={grant}
    />
  );
}
