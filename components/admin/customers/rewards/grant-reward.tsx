"use client";

import { Gift } from "lucide-react";
import { useState } from "react";
import { ActEffect } from "@/components/admin/actions/act-effect";
import { useAction } from "@/components/admin/actions/use-action";
import { useIdempotencyKey, wasSentBefore } from "@/components/admin/actions/use-idempotency-key";
import { Checkbox } from "@/components/forms/checkbox";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import type { GrantEffect } from "@/lib/admin/customer-schemas";
import { formatDate, formatDateTime, lastDayBefore } from "@/lib/dates";
import { countOf } from "@/lib/words";

export type GrantRewardProps = {
  customerId: string;
  customerName: string;
  /** IANA zone in which times are shown. */
  timeZone: string;
};

/** What was done, from the answer. */
function grantedWords({ expires_at, waiting_before }: GrantEffect, timeZone: string): string {
  const until = formatDate(lastDayBefore(expires_at, timeZone), timeZone);
  const queue =
    waiting_before === 0
      ? "It is the next to be used"
      : `${countOf(waiting_before, "other free month is", "other free months are")} used before it`;
  return `${queue}, and it is valid until ${until}. A mail with your reason is on its way.`;
}

/** Who granted this customer a month shortly before, and when (ISO 8601). */
type RecentGrant = { by: string; at: string };

/**
 * Grants a free month. Pressing again after a failure cannot grant a second one. When a colleague
 * granted one shortly before, or one waits, the dialog says so and asks to confirm.
 */
export function GrantReward({ customerId, customerName, timeZone }: GrantRewardProps) {
  const [open, setOpen] = useState(false);
  const [recent, setRecent] = useState<RecentGrant | null>(null);
  const [confirmed, setConfirmed] = useState(false);
  const key = useIdempotencyKey();
  const act = useAction();

  function changeOpen(next: boolean) {
    if (next) key.renew();
    else {
      setRecent(null);
      setConfirmed(false);
    }
    setOpen(next);
  }

  async function grant(reason: string) {
    if (recent && !confirmed) {
      return { ok: false as const, message: "Tick the box to grant another free month." };
    }
    const outcome = await act({
      path: `/api/admin/customers/${customerId}/referrals/grant?effect=true`,
      body: { reason, confirm_recent: confirmed },
      headers: key.headers(),
      done: "Free month granted",
      description: (data) => grantedWords((data as { effect: GrantEffect }).effect, timeZone),
    });
    key.settle(outcome.result);
    const { result } = outcome;
    if (!result.ok && result.code === "grant_recent") {
      const { granted_by = "Somebody", granted_at } = result.fields;
      setRecent({ by: granted_by, at: granted_at ?? new Date().toISOString() });
      return { ok: false as const, message: "Your reason is kept. Please confirm above." };
    }
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
      draftKey={`grant ${customerId}`}
      title="Grant a free month"
      description={`${customerName} gets one free month. It comes off the invoice of their next whole month by itself, at the price of their dearest service, and is called goodwill there.`}
      reasonHint="The customer reads this in the mail about it, and it stays in the audit log."
      confirmLabel={recent ? "Grant another free month" : "Grant free month"}
      pendingLabel="Granting"
      onConfirm={grant}
    >
      <ActEffect act={open ? { act: "grant", customer_id: customerId } : null} />
      {recent ? (
        <Notice tone="warning" role="alert" title="This customer was granted a free month already">
          <p className="mb-3">
            <bdi>{recent.by}</bdi> granted it on {formatDateTime(recent.at, timeZone)}. Another one
            comes on top of it.
          </p>
          <Checkbox
            label="Grant another one all the same"
            checked={confirmed}
            onCheckedChange={setConfirmed}
          />
        </Notice>
      ) : null}
    </ReasonDialog>
  );
}
