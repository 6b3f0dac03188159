"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import type { FormAction } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Notice } from "@/components/ui/notice";
import { DateText } from "@/components/ui/text";
import type { FormState } from "@/lib/form-state";
import { SecondFactorCode } from "./second-factor-code";

export type SecondFactorSetupProps = {
  /** Takes the first code of an app, on the server. */
  enterCode: FormAction<FormState>;
  factors: readonly { id: string; name: string; created_at: string }[];
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

type Enrolment = { factor_id: string; qr_code: string; secret: string };

/** The authenticator apps of the signed-in person: sets one up, or takes one away. */
export function SecondFactorSetup({ enterCode, factors, timeZone }: SecondFactorSetupProps) {
  const router = useRouter();
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function begin() {
    if (sending) return;
    setFailure(null);
    setSending(true);
    const answer = await sendJson<Enrolment>("/api/auth/second-factor", {
      body: { name: `Authenticator app ${factors.length + 1}` },
    });
    setSending(false);
    if (answer.ok) setEnrolment(answer.data);
    else setFailure(sentenceOf(answer));
  }

  async function remove(id: string) {
    const answer = await sendJson("/api/auth/second-factor/remove", { body: { factor_id: id } });
    if (!answer.ok) return { ok: false as const, message: sentenceOf(answer) };
    router.refresh();
    return { ok: true as const };
  }

  if (enrolment && !factors.some(({ id }) => id === enrolment.factor_id)) {
    return (
      <div className="flex flex-col gap-4 text-sm">
        <p>Scan this picture with the app, then enter the six digits that it shows.</p>
        {/* biome-ignore lint/performance/noImgElement: the picture is a data address */}
        <img
          src={enrolment.qr_code}
          alt="The secret for the authenticator app, as a QR code"
          width={180}
          height={180}
          className="rounded-control bg-white p-2"
        />
        <p className="wrap-anywhere text-text-muted">
          Or type this in: <code className="text-text">{enrolment.secret}</code>
        </p>
        <SecondFactorCode
          action={enterCode}
          factorId={enrolment.factor_id}
          home="/security"
          label="Set it up"
        />
      </div>
    );
  }

  return (
    <div className="flex flex-col gap-4 text-sm">
      {failure ? (
        <Notice tone="negative" role="alert">
          {failure}
        </Notice>
      ) : null}
      {factors.length > 0 ? (
        <ul className="divide-y divide-border">
          {factors.map((factor) => (
            <li key={factor.id} className="flex items-center justify-between gap-4 py-3">
              <span>
                {factor.name}, since <DateText value={factor.created_at} timeZone={timeZone} />
              </span>
              <ConfirmDialog
                trigger={<Button size="sm">Remove</Button>}
                title="Remove this authenticator app"
                description="Without another one, your password alone opens your account again."
                confirmLabel="Remove"
                pendingLabel="Removing"
                tone="danger"
                onConfirm={() => remove(factor.id)}
              />
            </li>
          ))}
        </ul>
      ) : null}
      <Button
        className="self-start"
        loading={sending}
        loadingLabel="One moment"
        onClick={() => void begin()}
      >
        {factors.length > 0 ? "Set up another app" : "Set up an authenticator app"}
      </Button>
    </div>
  );
}
