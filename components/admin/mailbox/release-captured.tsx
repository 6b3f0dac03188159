"use client";

import { Send } from "lucide-react";
import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { FailureMessage } from "@/components/ui/failure-message";
import type { ReleasedNotifications } from "@/lib/admin/mailbox-schemas";
import { countOf, formatCount } from "@/lib/words";
import { mailName } from "./mail-names";

const PATH = "/api/admin/notifications/release";

/** Sends mails that were only kept here, after it has shown which. */
export function ReleaseCaptured({ today }: { today: string }) {
  const act = useAction();
  const [open, setOpen] = useState(false);
  const [from, setFrom] = useState(today);
  const [found, setFound] = useState<ReleasedNotifications | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  async function look(day: string) {
    setFrom(day);
    setFound(null);
    setFailure(null);
    if (day === "") return;
    const answer = await sendJson<ReleasedNotifications>(PATH, {
      body: { from: day, dry_run: true },
    });
    if (answer.ok) setFound(answer.data);
    else setFailure(sentenceOf(answer));
  }

  return (
    <ReasonDialog
      trigger={<Button icon={<Send aria-hidden="true" />}>Send kept mails</Button>}
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) void look(from);
      }}
      title="Send mails that were kept here"
      description="They are written anew with what holds when they leave. What is no longer true is cancelled."
      reasonHint="It stays in the audit log."
      confirmLabel="Send them"
      pendingLabel="Queueing"
      checkFields={() => (found?.mails ?? 0) > 0}
      onConfirm={(reason) =>
        act({
          path: PATH,
          body: { from, dry_run: false, reason },
          done: "The mails are queued",
        })
      }
    >
      <Field label="Queued since">
        <Input
          type="date"
          value={from}
          max={today}
          onChange={(event) => void look(event.target.value)}
        />
      </Field>
      <FailureMessage message={failure} />
      <div role="status" className="text-sm">
        {found === null ? (
          failure ? null : (
            <p className="text-text-muted">Looking which mails these are</p>
          )
        ) : found.mails === 0 ? (
          <p>No mail was kept here since that day.</p>
        ) : (
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
                {countOf(found.left, "more mail")} can be sent afterwards.
              </p>
            ) : null}
          </>
        )}
      </div>
    </ReasonDialog>
  );
}
