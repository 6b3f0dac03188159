"use client";

import { RotateCw } from "lucide-react";
import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { sendJson, sentenceOf } from "@/components/api-client";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { FailureMessage } from "@/components/ui/failure-message";
import type { FailureCause, ResentNotifications } from "@/lib/admin/mailbox-schemas";
import { countOf, formatCount } from "@/lib/words";
import { CAUSE_WORDS } from "./failure-causes";
import { mailName } from "./mail-names";

const PATH = "/api/admin/notifications/resend";

/** Sends all mails again that were given up for one cause, after it has shown which. */
export function ResendFailed({ cause, count }: { cause: FailureCause; count: number }) {
  const act = useAction();
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<ResentNotifications | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const { label, text } = CAUSE_WORDS[cause];

  async function show(next: boolean) {
    setOpen(next);
    if (!next) return;
    setFound(null);
    setFailure(null);
    const answer = await sendJson<ResentNotifications>(PATH, { body: { cause, dry_run: true } });
    if (answer.ok) setFound(answer.data);
    else setFailure(sentenceOf(answer));
  }

  return (
    <ReasonDialog
      trigger={
        <Button
          size="sm"
          icon={<RotateCw aria-hidden="true" />}
          aria-label={`Send again: ${label}`}
        >
          Send all again
        </Button>
      }
      open={open}
      onOpenChange={show}
      title={`Send ${countOf(found?.mails ?? count, "mail")} again`}
      description={text}
      reasonHint="It stays in the audit log."
      confirmLabel="Send again"
      pendingLabel="Queueing"
      onConfirm={(reason) =>
        act({
          path: PATH,
          body: { cause, dry_run: false, reason },
          done: "The mails are queued again",
        })
      }
    >
      <FailureMessage message={failure} />
      <div role="status" className="text-sm">
        {found ? (
          <>
            <ul className="divide-y divide-border border-y">
              {Object.entries(found.templates).map(([template, mails]) => (
                <li key={template} className="flex justify-between gap-4 py-2">
                  <span>{mailName(template)}</span>
                  <span className="tabular-nums">{formatCount(mails)}</span>
                </li>
              ))}
            </ul>
            {found.left > 0 ? (
              <p className="pt-2 text-text-muted">
                {countOf(found.left, "more mail")} of this cause can be sent afterwards.
              </p>
            ) : null}
          </>
        ) : failure ? null : (
          <p className="text-text-muted">Looking which mails these are</p>
        )}
      </div>
    </ReasonDialog>
  );
}
