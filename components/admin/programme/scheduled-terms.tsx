"use client";

import { useAction } from "@/components/admin/actions/use-action";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import type { Program } from "@/lib/admin/programme-schemas";
import { formatDate } from "@/lib/dates";
import { TermsChangeList } from "./terms-change-list";
import { termsChanges } from "./terms-changes";
import { termsOf } from "./terms-form-fields";

export type ScheduledTermsProps = {
  current: Program["current"];
  scheduled: NonNullable<Program["scheduled"]>;
  timeZone: string;
  /** ISO 4217. */
  currency: string;
};

/** The version of the terms that counts from a later day, and the way to withdraw it. */
export function ScheduledTerms({ current, scheduled, timeZone, currency }: ScheduledTermsProps) {
  const act = useAction();
  const from = formatDate(scheduled.effective_at ?? scheduled.created_at, timeZone);
  const changes = termsChanges(termsOf(current), termsOf(scheduled), currency);
  return (
    <Card aria-labelledby="scheduled-title" className="mb-4 sm:mb-6">
      <CardHeader
        title={`Version ${scheduled.version} counts from ${from}`}
        titleId="scheduled-title"
        description="Until then the terms in force stay. What is changed before then is carried into it."
        actions={
          <ReasonDialog
            trigger={<Button>Withdraw</Button>}
            draftKey={`programme withdraw ${scheduled.version}`}
            title={`Withdraw version ${scheduled.version}`}
            description="It never counts. The terms in force stay."
            reasonHint="For colleagues: it stays in the audit log."
            confirmLabel="Withdraw it"
            pendingLabel="Withdrawing"
            dismissLabel="Keep it"
            tone="danger"
            onConfirm={(reason) =>
              act({
                path: "/api/admin/program/withdraw",
                body: { version: scheduled.version, reason },
                done: "Scheduled version withdrawn",
              })
            }
          />
        }
      />
      <div className="flex flex-col gap-2 text-sm">
        <p className="wrap-anywhere">
          <span className="text-text-muted">Reason: </span>
          <bdi>{scheduled.reason}</bdi>
        </p>
        {changes.length > 0 ? (
          <TermsChangeList changes={changes} />
        ) : (
          <p className="text-text-muted">The same terms as now.</p>
        )}
      </div>
    </Card>
  );
}
