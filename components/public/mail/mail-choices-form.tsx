"use client";

import { type FormEvent, useState } from "react";
import { type ApiRequest, sendJson, sentenceOf } from "@/components/api-client";
import { Checkbox } from "@/components/forms/checkbox";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { FailureMessage } from "@/components/ui/failure-message";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
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
  const t = useTexts("profile");
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
        <CardHeader title={t("mails.title")} titleId="mails-title" description={t("mails.text")} />
      ) : null}
      <form method="post" onSubmit={save} className="flex flex-col gap-6">
        <Checkbox
          checked={wanted.programme}
          onCheckedChange={(programme) => choose({ programme })}
          label={
            <>
              <span className="font-medium">{t("mails.programme")}</span>
              <span className="block text-text-muted">{t("mails.programmeText")}</span>
            </>
          }
        />
        <Checkbox
          checked={wanted.invoices}
          onCheckedChange={(invoices) => choose({ invoices })}
          label={
            <>
              <span className="font-medium">{t("mails.invoices")}</span>
              <span className="block text-text-muted">{t("mails.invoicesText")}</span>
            </>
          }
        />
        <p className="text-sm text-text-muted">{t("mails.always")}</p>
        <FailureMessage message={failure} />
        <div role="status">
          {saved ? <Notice tone="positive">{t("mails.saved")}</Notice> : null}
        </div>
        <div>
          <Button
            type="submit"
            variant="primary"
            disabled={!hydrated}
            loading={pending}
            loadingLabel={t("saving")}
          >
            {t("mails.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
