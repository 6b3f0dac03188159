"use client";

import { Download, KeyRound, LogOut } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormAction, usePostedForm } from "@/components/forms/use-posted-form";
import { Button, LinkButton } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { Card, CardHeader } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { DateText } from "@/components/ui/text";
import { useTexts } from "@/components/ui/texts";
import { EMPTY_FORM, type FormState } from "@/lib/form-state";

export type OwnDataProps = {
  /** When the customer asked for erasure, ISO 8601; null when they did not. */
  erasureAskedAt: string | null;
  /** Notes on the server that they ask for it. */
  askForErasure: FormAction<FormState>;
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

/** How somebody signs in, on this device and on others. */
export function SignInCard() {
  const t = useTexts("profile");
  return (
    <Card aria-labelledby="profile-sign-in">
      <CardHeader
        title={t("signIn.title")}
        titleId="profile-sign-in"
        description={t("signIn.text")}
      />
      <div className="flex flex-wrap gap-3">
        <LinkButton href="/security" icon={<KeyRound aria-hidden="true" />}>
          {t("signIn.security")}
        </LinkButton>
        {/* Posted by the browser itself: the whole page is left anyway. */}
        <form method="post" action="/sign-out">
          <input type="hidden" name="scope" value="everywhere" />
          <Button type="submit" icon={<LogOut aria-hidden="true" />}>
            {t("signIn.everywhere")}
          </Button>
        </form>
      </div>
    </Card>
  );
}

/** What the customer may do with their data: take it along, and ask for its erasure. */
export function OwnDataCard({ erasureAskedAt, askForErasure, timeZone }: OwnDataProps) {
  const t = useTexts("profile");
  const router = useRouter();
  const { state, formProps, pending } = usePostedForm(askForErasure, EMPTY_FORM, {
    onAnswer: ({ failure }) => {
      if (failure === null) router.refresh();
    },
  });
  return (
    <Card aria-labelledby="profile-data">
      <CardHeader title={t("data.title")} titleId="profile-data" description={t("data.text")} />
      <a href="/api/customer/data" download className={buttonClasses({})}>
        <Download aria-hidden="true" />
        <span>{t("data.download")}</span>
      </a>
      {erasureAskedAt ? (
        <Notice role="status" className="mt-5" title={t("data.asked")}>
          <p>
            {t.rich("data.askedText", {
              date: () => <DateText texts={t} value={erasureAskedAt} timeZone={timeZone} />,
            })}
          </p>
        </Notice>
      ) : (
        <details className="mt-5 border-t pt-4">
          <summary className="w-fit cursor-pointer rounded-sm py-2 font-medium text-sm pointer-coarse:py-3">
            {t("data.ask")}
          </summary>
          <div className="mt-2 flex flex-col gap-4 text-sm text-text-muted">
            <p>{t("data.askText")}</p>
            <form {...formProps} className="flex flex-col gap-3">
              {state.failure ? (
                <Notice tone="negative" role="alert">
                  {state.failure}
                </Notice>
              ) : null}
              <Button
                type="submit"
                variant="danger"
                className="self-start"
                loading={pending !== null}
                loadingLabel={t("data.sending")}
              >
                {t("data.send")}
              </Button>
            </form>
          </div>
        </details>
      )}
    </Card>
  );
}
