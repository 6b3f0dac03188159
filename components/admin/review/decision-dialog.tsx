"use client";

import { useAction } from "@/components/admin/actions/use-action";
import type { DialogTarget } from "@/components/admin/actions/use-dialog-target";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { REASONS } from "./reasons";
import type { ReviewCase } from "./review-case";
import { useUndo } from "./use-undo";

export type Decision = "clear" | "reject";
/** The part of a case that a decision needs. */
export type Decidable = Pick<ReviewCase, "id" | "friend" | "referrer">;
export type ChosenDecision = { item: Decidable; decision: Decision };

export type DecisionDialogProps = {
  dialog: DialogTarget<ChosenDecision>;
  /** Called with the case's id once the decision is saved. */
  onDecided: (id: string) => void;
};

/** Asks for a reason, and clears or rejects the chosen case. */
export function DecisionDialog({ dialog, onDecided }: DecisionDialogProps) {
  const act = useAction();
  const undo = useUndo();
  if (!dialog.target) return null;
  const { item, decision } = dialog.target;
  const isClear = decision === "clear";
  return (
    <ReasonDialog
      key={`${item.id} ${decision}`}
      open={dialog.open}
      onOpenChange={dialog.setOpen}
      title={isClear ? "Clear this referral" : "Reject this referral"}
      description={
        isClear
          ? `${item.friend.name} counts like any other friend of ${item.referrer.name}.`
          : `${item.friend.name} does not count for ${item.referrer.name}. The order and the service stay as they are. The referrer gets a mail in a minute; until then you can undo this.`
      }
      reasonHint="For colleagues: it stays in the audit log. Ctrl+Enter saves."
      suggestions={REASONS[decision]}
      confirmLabel={isClear ? "Clear" : "Reject"}
      pendingLabel={isClear ? "Clearing" : "Rejecting"}
      tone={isClear ? "primary" : "danger"}
      onConfirm={async (reason) => {
        const outcome = await act({
          path: `/api/admin/review/${item.id}`,
          body: { decision, reason },
          done: null,
        });
        if (outcome.ok) {
          undo(item.id, isClear ? "Referral cleared" : "Referral rejected");
          onDecided(item.id);
        }
        return outcome;
      }}
    />
  );
}
