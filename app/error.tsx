"use client";

import { useTransition } from "react";
import { errorDigest } from "@/components/ui/error-digest";
import { MessagePage } from "@/components/ui/message-page";
import { PlainButton, PlainLink } from "@/components/ui/plain-button";
import { useTexts } from "@/components/ui/texts";

type ErrorPageProps = { error: unknown; retry: () => void };

export default function ErrorPage({ error, retry }: ErrorPageProps) {
  const ui = useTexts("ui");
  const [pending, startTransition] = useTransition();
  const digest = errorDigest(error);
  return (
    <main>
      <title>{ui("pageNotLoaded")}</title>
      <MessagePage
        withMark
        title={ui("pageNotLoaded")}
        actions={
          <>
            <PlainButton
              variant="primary"
              loading={pending}
              loadingLabel={ui("tryingAgain")}
              onClick={() => startTransition(() => retry())}
            >
              {ui("tryAgain")}
            </PlainButton>
            <PlainLink href="/">{ui("goHome")}</PlainLink>
          </>
        }
      >
        <p role="alert">{ui("failedMoment")}</p>
        {digest ? <p className="mt-2 text-sm">{ui("keepsHappening", { id: digest })}</p> : null}
      </MessagePage>
    </main>
  );
}
