"use client";

import { type FormEvent, useState } from "react";
import { type ApiRequest, sendJson, sentenceOf } from "@/components/api-client";
import { Checkbox } from "@/components/forms/checkbox";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { FailureMessage } from "@/components/ui/failure-message";
import { Notice } from "@/components/ui/notice";
import type { MailChoices } from "@/lib/notifications/choice-service";

export type MailChoicesFormProps = {
  choices: MailChoices;
  /** The link that brought somebody here who is not signed in; null in their account. */
  token: string | null;
};

/** Where the choice goes: with the link that proves whose it is, or with the session. */
const requestOf = (token: string | null, wanted: MailChoices): ApiRequest & { path: string } =>
  token === null
    ? { path: "/api/customer/mail-choices", method: "PUT", body: wanted }
    : { path: "/api/mail/preferences", body: { token, ...wanted } };

/** Which mails somebody wants. */
export function MailChoicesForm({ token, choices }: MailChoicesFormProps) {
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
    const { path, ...request } = requestOf(token, wanted);
    const answer = await sendJson<MailChoices>(path, request);
    setPending(false);
    if (answer.ok) {
      setWanted(answer.data);
      setSaved(true);
    } else setFailure(sentenceOf(answer));
  }

  return (
    <Card id="mails" aria-labelledby={token === null ? "mails-title" : undefined}>
      {token === null ? (
        <CardHeader
          title="Your mails"
          titleId="mails-title"
          description="Choose which mails you want to get."
        />
      ) : null}
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
            Save the choice
          </Button>
        </div>
      </form>
    </Card>
  );
}
