"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Field, Textarea } from "@/components/forms/field";
import { Button } from "@/components/ui/button";
import { FailureMessage } from "@/components/ui/failure-message";
import { useTexts } from "@/components/ui/texts";

const LONGEST = 1000;

/** Asks once, with a reason. After it is sent the page shows by when the answer comes. */
export function AppealForm({ referralId }: { referralId: string }) {
  const t = useTexts("account");
  const router = useRouter();
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const isShort = reason.trim().length < 3;
    setError(isShort ? t("appeal.tooShort") : null);
    if (isShort) {
      field.current?.focus();
      return;
    }
    setSending(true);
    setFailure(null);
    const result = await sendJson(`/api/customer/appeals/${referralId}`, {
      body: { reason: reason.trim() },
    });
    setSending(false);
    if (result.ok) router.refresh();
    else setFailure(sentenceOf(result));
  }

  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <Field label={t("appeal.why")} error={error} required>
        <Textarea
          ref={field}
          name="reason"
          value={reason}
          maxLength={LONGEST}
          readOnly={isSending}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
      <FailureMessage message={failure} />
      <div>
        <Button
          type="submit"
          variant="primary"
          loading={isSending}
          loadingLabel={t("appeal.sending")}
        >
          {t("appeal.send")}
        </Button>
      </div>
    </form>
  );
}
