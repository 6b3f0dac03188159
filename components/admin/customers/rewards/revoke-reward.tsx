"use client";

import { ActEffect } from "@/components/admin/actions/act-effect";
import { useAction } from "@/components/admin/actions/use-action";
import type { DialogTarget } from "@/components/admin/actions/use-dialog-target";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import type { AdminReward } from "@/lib/admin/customer-schemas";
import { formatDate, formatDateTime } from "@/lib/dates";

export type RevokeRewardProps = {
  dialog: DialogTarget<AdminReward>;
  customer: { id: string; name: string };
  timeZone: string;
};

/** The name under which the dialog keeps what is typed. */
export const revokeDraft = (rewardId: string): string => `revoke ${rewardId}`;

/** Asks for a reason, and revokes the free month that was chosen in the table. */
export function RevokeReward({ dialog, customer, timeZone }: RevokeRewardProps) {
  const act = useAction();
  const reward = dialog.target;
  if (!reward) return null;
  const granted = formatDate(reward.created_at, timeZone);
  return (
    <ReasonDialog
      key={reward.id}
      open={dialog.open}
      onOpenChange={dialog.setOpen}
      draftKey={revokeDraft(reward.id)}
      title="Revoke this free month"
      description={`The free month that ${customer.name} got on ${granted} is taken back. This cannot be undone.`}
      reasonHint="The customer reads this in the mail about it, and it stays in the audit log."
      confirmLabel="Revoke free month"
      pendingLabel="Revoking"
      tone="danger"
      onConfirm={(reason) =>
        act({
          path: `/api/admin/customers/${customer.id}/referrals/revoke`,
          body: { reward_id: reward.id, reason },
          done: "Free month revoked",
          description: (data) =>
            `Taken back on ${formatDateTime((data as { revoked_at: string }).revoked_at, timeZone)}. A mail with your reason is on its way.`,
        })
      }
    >
      <ActEffect
        act={dialog.open ? { act: "revoke", customer_id: customer.id, reward_id: reward.id } : null}
      />
    </ReasonDialog>
  );
}
