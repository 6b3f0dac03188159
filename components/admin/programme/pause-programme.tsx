"use client";

import { Pause, Play } from "lucide-react";
import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import type { Program } from "@/lib/admin/programme-schemas";
import { termsOf } from "./terms-form-fields";

/** Pauses or resumes the programme. Each time this saves a new version of the terms. */
export function PauseProgramme({ current }: { current: Program["current"] }) {
  const act = useAction();
  const isPaused = current.is_paused;
  return (
    <Card aria-labelledby="pause-title" className="mb-4 sm:mb-6">
      <CardHeader
        className="mb-0 items-center sm:mb-0"
        title={
          <span className="flex flex-wrap items-center gap-3">
            {isPaused ? "The programme is paused" : "The programme is running"}
            <Badge tone={isPaused ? "warning" : "positive"} dot>
              {isPaused ? "Paused" : "Running"}
            </Badge>
          </span>
        }
        titleId="pause-title"
        description={
          isPaused
            ? "New referrals are not recorded. What customers have earned stays theirs."
            : "Customers can refer friends. Pausing stops new referrals and keeps what was earned."
        }
        actions={
          <ReasonDialog
            trigger={
              <Button icon={isPaused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}>
                {isPaused ? "Resume" : "Pause"}
              </Button>
            }
            draftKey={`programme ${isPaused ? "resume" : "pause"}`}
            title={isPaused ? "Resume the programme" : "Pause the programme"}
            description={
              isPaused
                ? "Codes and links work again from now on."
                : "Codes and links stop working until you resume. Customers read that it is paused."
            }
            reasonHint="For colleagues: it stays in the history and in the audit log."
            confirmLabel={isPaused ? "Resume programme" : "Pause programme"}
            pendingLabel={isPaused ? "Resuming" : "Pausing"}
            tone={isPaused ? "primary" : "danger"}
            onConfirm={(reason) =>
              act({
                path: "/api/admin/program",
                method: "PUT",
                body: {
                  ...termsOf(current),
                  is_paused: !isPaused,
                  reason,
                  expected_version: current.version,
                },
                done: isPaused ? "The programme is running again" : "The programme is paused",
              })
            }
          />
        }
      />
    </Card>
  );
}
