"use client";

import { Field, Input } from "@/components/forms/field";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/notice";
import { useTexts } from "@/components/ui/texts";
import { QrDialog } from "./qr-dialog";
import { ShareMessage } from "./share-message";

export type SharePanelProps = {
  code: string;
  link: string;
  brandName: string;
  obstacle: ReferralObstacle | null;
};

/** Why friends cannot use the code now: no active service, or an overdue invoice. */
export type ReferralObstacle = "inactive" | "overdue";

/** The code and the link, to send and to copy. */
export function SharePanel({ code, link, brandName, obstacle }: SharePanelProps) {
  const t = useTexts("friends");
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <div>
        <p id="referral-code-label" className="font-medium text-sm">
          {t("share.code")}
        </p>
        <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-2">
          <output
            aria-labelledby="referral-code-label"
            className="whitespace-nowrap font-medium font-mono text-3xl tracking-tight sm:text-4xl"
          >
            {code}
          </output>
          <CopyButton value={code} label={t("share.copyCode")} />
        </div>
      </div>

      {obstacle ? (
        <Notice>{t(`obstacle.${obstacle}`)}</Notice>
      ) : (
        <ShareMessage code={code} link={link} brandName={brandName} />
      )}

      <div className="flex flex-col gap-2 sm:flex-row sm:items-end">
        <Field label={t("share.link")} className="flex-1">
          <Input
            readOnly
            value={link}
            onFocus={(event) => event.currentTarget.select()}
            className="text-ellipsis"
          />
        </Field>
        <div className="grid grid-cols-2 gap-2 sm:flex [&_button]:w-full sm:[&_button]:w-auto">
          <CopyButton value={link} label={t("share.copyLink")} className="shrink-0" />
          <QrDialog code={code} link={link} />
        </div>
      </div>
    </div>
  );
}
