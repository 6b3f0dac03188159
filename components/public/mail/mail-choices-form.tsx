"use client";

import { type FormEvent, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Checkbox } from "@/components/forms/checkbox";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { FailureMessage } from "@/components/ui/failure-message";
import { Notice } from "@/components/ui/notice";
import type { MailChoices } from "@/lib/notifications/choice-service";

/** Which mails somebody wants, saved with the link that brought them here. */
export function MailChoicesForm({ token, choices }: { token: string; choices: MailChoices }) {
  const hydrated = useHydrated();
  const [wanted, setWanted] = useState(choices);
  const [saved, setSaved] = useState(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  function choose(change: Partial<MailChoices>) {
    setWanted({ ...wanted, ...change });
    setSaved(false);
  }

  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    setPending(true);
    setFailure(null);
    const answer = await sendJson<MailChoices>("/api/mail/preferences", {
      body: { token, ...wanted },
    });
    setPending(false);
    if (answer.ok) {
      setWanted(answer.data);
      setSaved(true);
    } else setFailure(sentenceOf(answer));
  }

  return (
    <Card>
      <form method="post" onSubmit={save} className="flex flex-col gap-6">
        <Checkbox
          checked={wanted.programme}
          onCheckedChange={(programme) => choose({ programme })}
          label={
            <>
              <span className="font-medium">News of the referral programme</span>
              <span className="block text-text-muted">
                When friends order and count, and about your free months.
              </span>
            </>
          }
        />
        <Checkbox
          checked={wanted.invoices}
          onCheckedChange={(invoices) => choose({ invoices })}
          label={
            <>
              <span className="font-medium">New invoices</span>
              <span className="block text-text-muted">
                Without the mail your invoices are still issued and due. You find them in your
                account.
              </span>
            </>
          }
        />
        <p className="text-sm text-text-muted">
          Mails about your orders, your service, payments and the safety of your account are always
          sent.
        </p>
        <FailureMessage message={failure} />
        <div role="status">
          {saved ? <Notice tone="positive">Your choice is saved.</Notice> : null}
        </div>
        <div>
          <Button
            type="submit"
            variant="primary"
            disabled={!hydrated}
            loading={pending}
            loadingLabel="Saving"
          >
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}
