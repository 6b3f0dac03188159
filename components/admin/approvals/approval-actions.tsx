"use client";

import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { DescriptionList } from "@/components/ui/description-list";
import type { Approval, ApprovalDecision } from "@/lib/admin/approval-schemas";
import { approvalFacts, approvalTitle } from "./approval-words";

const WORDS: Readonly<
  Record<
    ApprovalDecision,
    { button: string; description: string; pending: string; done: string; danger: boolean }
  >
> = {
  approve: {
    button: "Approve",
    description: "It is carried out at once.",
    pending: "Carrying out",
    done: "Approved and carried out",
    danger: false,
  },
  decline: {
    button: "Decline",
    description: "Nothing is done. The person who asked reads your reason.",
    pending: "Declining",
    done: "Declined",
    danger: true,
  },
  withdraw: {
    button: "Withdraw",
    description: "Nothing is done. You can ask again.",
    pending: "Withdrawing",
    done: "Withdrawn",
    danger: true,
  },
};

function Decide({
  approval,
  decision,
  currency,
}: {
  approval: Approval;
  decision: ApprovalDecision;
  currency: string;
}) {
  const act = useAction();
  const words = WORDS[decision];
  return (
    <ReasonDialog
      trigger={
        <Button size="sm" variant={decision === "approve" ? "primary" : "secondary"}>
          {words.button}
        </Button>
      }
      draftKey={`approval ${approval.id} ${decision}`}
      title={`${words.button}: ${approvalTitle(approval).toLowerCase()}`}
      description={words.description}
      reasonHint="It stays in the audit log."
      confirmLabel={words.button}
      pendingLabel={words.pending}
      tone={words.danger ? "danger" : "primary"}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/approvals/${approval.id}`,
          body: { decision, reason },
          done: words.done,
        })
      }
    >
      <DescriptionList items={approvalFacts(approval, currency)} />
    </ReasonDialog>
  );
}

/** What the signed-in admin may do with a request that waits. */
export function ApprovalActions({ approval, currency }: { approval: Approval; currency: string }) {
  if (approval.status !== "pending") return null;
  if (approval.is_mine) {
    return <Decide approval={approval} decision="withdraw" currency={currency} />;
  }
  if (!approval.may_decide) return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Decide approval={approval} decision="decline" currency={currency} />
      <Decide approval={approval} decision="approve" currency={currency} />
    </div>
  );
}
