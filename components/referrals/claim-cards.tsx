"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { toast } from "@/components/ui/toaster";
import type { ClaimToAnswer } from "@/lib/account/schemas";
import { EMPTY_FORM, type FormState, SAVED } from "@/lib/form-state";
import { LONGEST_SHARED_TEXT } from "@/lib/referrals/referral-code";
import type { OwnClaim } from "@/lib/referrals/schemas";

export type ClaimCardProps = {
  /** Takes the code on the server. */
  action: FormAction<FormState>;
  title?: string;
  description?: string;
};

/** A customer says who invited them, when the code was forgotten or mistyped. */
export function ClaimCard({
  action,
  title = "Did somebody invite you?",
  description = "If you forgot their code when you ordered, tell us whose it was.",
}: ClaimCardProps) {
  const router = useRouter();
  const { state, formProps, errorOf, clear, pending } = usePostedForm(action, EMPTY_FORM, {
    onAnswer({ code }) {
      if (code === SAVED) router.refresh();
    },
  });

  return (
    <Card aria-labelledby="claim-title">
      <CardHeader title={title} titleId="claim-title" description={description} />
      {state.failure ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      <form {...formProps} className="mt-4 flex flex-col gap-3 sm:flex-row sm:items-end">
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
            defaultValue={state.values.referral_code}
            onInput={() => clear("referral_code")}
          />
        </Field>
        <Button type="submit" loading={pending !== null} loadingLabel="Sending">
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
