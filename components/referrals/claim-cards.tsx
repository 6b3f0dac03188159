"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
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
export function ClaimCard({ action, title, description }: ClaimCardProps) {
  const t = useTexts("claims");
  const router = useRouter();
  const { state, formProps, errorOf, clear, pending } = usePostedForm(action, EMPTY_FORM, {
    onAnswer({ code }) {
      if (code === SAVED) router.refresh();
    },
  });

  return (
    <Card aria-labelledby="claim-title">
      <CardHeader
        title={title ?? t("title")}
        titleId="claim-title"
        description={description ?? t("text")}
      />
      {state.failure ? (
        <Notice tone="negative" role="alert">
          {state.failure}
        </Notice>
      ) : null}
      <form {...formProps} className="mt-4 flex flex-col gap-3 sm:flex-row sm:items-end">
        <Field label={t("code")} required error={errorOf("referral_code")} className="flex-1">
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
        <Button type="submit" loading={pending !== null} loadingLabel={t("sending")}>
          {t("send")}
        </Button>
      </form>
    </Card>
  );
}

/** What the customer said about a forgotten code, while it is not decided. */
export function OwnClaimNotice({ claim }: { claim: OwnClaim }) {
  const t = useTexts("claims");
  return (
    <Notice
      role="status"
      title={t.rich("told", {
        code: () => <span className="whitespace-nowrap">{claim.referral_code}</span>,
      })}
    >
      {t(claim.status === "open" ? "open" : "confirmed")}
    </Notice>
  );
}

/** People who say that this customer invited them: to be confirmed or declined. */
export function ClaimsToAnswer({ claims }: { claims: readonly ClaimToAnswer[] }) {
  const t = useTexts("claims");
  const router = useRouter();
  const [busy, setBusy] = useState<string | null>(null);

  async function answer(id: string, confirm: boolean) {
    setBusy(id);
    const result = await sendJson(`/api/customer/referral-claims/${id}`, { body: { confirm } });
    setBusy(null);
    if (!result.ok) toast.error(t("answer.failed"), { description: sentenceOf(result) });
    else toast.success(t(confirm ? "answer.thanksYes" : "answer.thanksNo"));
    router.refresh();
  }

  return (
    <Card aria-labelledby="claims-title">
      <CardHeader title={t("answer.title")} titleId="claims-title" description={t("answer.text")} />
      <ul className="divide-y divide-border">
        {claims.map((claim) => (
          <li key={claim.id} className="flex flex-wrap items-center gap-3 py-3">
            <bdi className="wrap-anywhere min-w-0 flex-1 font-medium">{claim.name}</bdi>
            <Button
              size="sm"
              loading={busy === claim.id}
              loadingLabel={t("sending")}
              aria-label={t("answer.yesName", { name: claim.name })}
              onClick={() => answer(claim.id, true)}
            >
              {t("answer.yes")}
            </Button>
            <Button
              size="sm"
              variant="ghost"
              disabled={busy === claim.id}
              aria-label={t("answer.noName", { name: claim.name })}
              onClick={() => answer(claim.id, false)}
            >
              {t("answer.no")}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
