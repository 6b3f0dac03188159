"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { useFormErrors } from "@/components/forms/use-form-errors";
import { useHydrated } from "@/components/forms/use-hydrated";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { toast } from "@/components/ui/toaster";
import type { ClaimToAnswer } from "@/lib/account/schemas";
import { LONGEST_SHARED_TEXT } from "@/lib/referrals/referral-code";
import type { OwnClaim } from "@/lib/referrals/schemas";

export type ClaimCardProps = { title?: string; description?: string };

/** A customer says who invited them, when the code was forgotten or mistyped. */
export function ClaimCard({
  title = "Did somebody invite you?",
  description = "If you forgot their code when you ordered, tell us whose it was.",
}: ClaimCardProps) {
  const hydrated = useHydrated();
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const { errorOf, show, clear } = useFormErrors(form);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending) return;
    const code = String(new FormData(event.currentTarget).get("referral_code") ?? "").trim();
    setFailure(null);
    if (code === "") {
      show({ referral_code: "Enter the code of the person who invited you." });
      return;
    }
    setSending(true);
    const answer = await sendJson("/api/customer/referral-claims", {
      body: { referral_code: code },
    });
    setSending(false);
    if (answer.ok) {
      router.refresh();
      return;
    }
    show(answer.fields);
    setFailure(answer.message);
  }

  return (
    <Card aria-labelledby="claim-title">
      <CardHeader title={title} titleId="claim-title" description={description} />
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
        </Notice>
      ) : null}
      <form
        ref={form}
        method="post"
        onSubmit={send}
        noValidate
        className="mt-4 flex flex-col gap-3 sm:flex-row sm:items-end"
      >
        <Field
          label="Code of the person who invited you"
          required
          error={errorOf("referral_code")}
          className="flex-1"
        >
          <Input
            name="referral_code"
            autoCapitalize="characters"
            autoComplete="off"
            spellCheck={false}
            maxLength={LONGEST_SHARED_TEXT}
            onInput={() => clear("referral_code")}
          />
        </Field>
        <Button type="submit" disabled={!hydrated} loading={sending} loadingLabel="Sending">
          Send
        </Button>
      </form>
    </Card>
  );
}

/** What the customer said about a forgotten code, while it is not decided. */
export function OwnClaimNotice({ claim }: { claim: OwnClaim }) {
  return (
    <Notice
      role="status"
      title={
        <>
          You told us that <span className="whitespace-nowrap">{claim.referral_code}</span> is the
          code of the person who invited you
        </>
      }
    >
      {claim.status === "open"
        ? "We have asked the person to confirm it, and then look at it. You get a mail."
        : "It is confirmed. We are looking at it, and you get a mail."}
    </Notice>
  );
}

/** People who say that this customer invited them: to be confirmed or declined. */
export function ClaimsToAnswer({ claims }: { claims: readonly ClaimToAnswer[] }) {
  const router = useRouter();
  const [busy, setBusy] = useState<string | null>(null);

  async function answer(id: string, confirm: boolean) {
    setBusy(id);
    const result = await sendJson(`/api/customer/referral-claims/${id}`, { body: { confirm } });
    setBusy(null);
    if (!result.ok) toast.error("That did not work.", { description: sentenceOf(result) });
    else
      toast.success(confirm ? "Thank you. We look at it now." : "Thank you. We leave it at that.");
    router.refresh();
  }

  return (
    <Card aria-labelledby="claims-title">
      <CardHeader
        title="Did you invite them?"
        titleId="claims-title"
        description="They say that you did, and that your code was forgotten. If you confirm it, we look at it."
      />
      <ul className="divide-y divide-border">
        {claims.map((claim) => (
          <li key={claim.id} className="flex flex-wrap items-center gap-3 py-3">
            <bdi className="wrap-anywhere min-w-0 flex-1 font-medium">{claim.name}</bdi>
            <Button
              size="sm"
              loading={busy === claim.id}
              loadingLabel="Sending"
              aria-label={`Yes, I invited ${claim.name}`}
              onClick={() => answer(claim.id, true)}
            >
              Yes, I did
            </Button>
            <Button
              size="sm"
              variant="ghost"
              disabled={busy === claim.id}
              aria-label={`No, I did not invite ${claim.name}`}
              onClick={() => answer(claim.id, false)}
            >
              No
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
