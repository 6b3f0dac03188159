"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { useDialogTarget } from "@/components/admin/actions/use-dialog-target";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { ClaimNotice } from "./claim-notice";
import { type ChosenDecision, type Decidable, DecisionDialog } from "./decision-dialog";
import { useClaim } from "./use-claim";
import { useShortcuts } from "./use-shortcuts";

export type CaseActionsProps = {
  item: Decidable;
  /** What waits for a decision. */
  work: "signals" | "appeal";
  /** The case that follows; null when none waits. */
  nextId: string | null;
};

/** Clear or reject, by button or key; after the decision the next case is shown. */
export function CaseActions({ item, work, nextId }: CaseActionsProps) {
  const router = useRouter();
  const act = useAction();
  const dialog = useDialogTarget<ChosenDecision>();
  const [appeal, setAppeal] = useState<"uphold" | "dismiss" | null>(null);
  const holder = useClaim(item.id);
  const isSignals = work === "signals";
  const follow = () => router.push(nextId ? `/admin/review/${nextId}` : "/admin/review");

  useShortcuts(
    {
      c: () => isSignals && dialog.choose({ item, decision: "clear" }),
      r: () => isSignals && dialog.choose({ item, decision: "reject" }),
      j: follow,
    },
    true,
  );

  return (
    <>
      <ClaimNotice holder={holder} />
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap gap-2 border-t bg-surface px-4 py-3 sm:mx-0 sm:px-0">
        {isSignals ? (
          <>
            <Button variant="primary" onClick={() => dialog.choose({ item, decision: "clear" })}>
              Clear
            </Button>
            <Button
              className="text-negative"
              onClick={() => dialog.choose({ item, decision: "reject" })}
            >
              Reject
            </Button>
          </>
        ) : (
          <>
            <Button variant="primary" onClick={() => setAppeal("uphold")}>
              Let it count
            </Button>
            <Button className="text-negative" onClick={() => setAppeal("dismiss")}>
              Keep the rejection
            </Button>
          </>
        )}
        {nextId ? (
          <Button variant="ghost" className="ml-auto" onClick={follow}>
            Next case
          </Button>
        ) : null}
      </div>
      <DecisionDialog dialog={dialog} onDecided={follow} />
      {appeal ? (
        <ReasonDialog
          key={appeal}
          open
          onOpenChange={(open) => !open && setAppeal(null)}
          title={appeal === "uphold" ? "Let this friend count" : "Keep the rejection"}
          description="The referrer gets a mail with the outcome. The reason stays with colleagues."
          confirmLabel={appeal === "uphold" ? "Let it count" : "Keep the rejection"}
          tone={appeal === "uphold" ? "primary" : "danger"}
          onConfirm={async (reason) => {
            const outcome = await act({
              path: `/api/admin/review/${item.id}/appeal`,
              body: { decision: appeal, reason },
              done: "The appeal is decided",
            });
            if (outcome.ok) follow();
            return outcome;
          }}
        />
      ) : null}
    </>
  );
}
