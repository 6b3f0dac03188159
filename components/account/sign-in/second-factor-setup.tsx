"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { sendJson, sentenceOf } from "@/components/api-client";
import type { FormAction } from "@/components/forms/use-posted-form";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Notice } from "@/components/ui/notice";
import { DateText } from "@/components/ui/text";
import { useTexts } from "@/components/ui/texts";
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
  const t = useTexts("auth");
  const router = useRouter();
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function begin() {
    if (sending) return;
    setFailure(null);
    setSending(true);
    const answer = await sendJson<Enrolment>("/api/auth/second-factor", {
      body: { name: t("security.appName", { number: String(factors.length + 1) }) },
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
        <p>{t("security.scan")}</p>
        {/* biome-ignore lint/performance/noImgElement: the picture is a data address */}
        <img
          src={enrolment.qr_code}
          alt={t("security.picture")}
          width={180}
          height={180}
          className="rounded-control bg-white p-2"
        />
        <p className="wrap-anywhere text-text-muted">
          {t.rich("security.orType", {
            secret: () => <code className="text-text">{enrolment.secret}</code>,
          })}
        </p>
        <SecondFactorCode
          action={enterCode}
          factorId={enrolment.factor_id}
          home="/security"
          label={t("security.setItUp")}
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
                {t.rich("security.since", {
                  name: factor.name,
                  date: () => <DateText texts={t} value={factor.created_at} timeZone={timeZone} />,
                })}
              </span>
              <ConfirmDialog
                trigger={<Button size="sm">{t("security.remove")}</Button>}
                title={t("security.removeTitle")}
                description={t("security.removeText")}
                confirmLabel={t("security.remove")}
                pendingLabel={t("security.removing")}
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
        loadingLabel={t("security.oneMoment")}
        onClick={() => void begin()}
      >
        {t(factors.length > 0 ? "security.setUpAnother" : "security.setUp")}
      </Button>
    </div>
  );
}
