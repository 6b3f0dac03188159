"use client";

import { useTransition } from "react";
import { errorDigest } from "@/components/ui/error-digest";
import { MessagePage } from "@/components/ui/message-page";
import { PlainButton, PlainLink } from "@/components/ui/plain-button";

type ErrorPageProps = { error: unknown; retry: () => void };

export default function ErrorPage({ error, retry }: ErrorPageProps) {
  const [pending, startTransition] = useTransition();
  const digest = errorDigest(error);
  return (
    <main>
      <title>This page did not load</title>
      <MessagePage
        withMark
        title="This page did not load"
        actions={
          <>
            <PlainButton
              variant="primary"
              loading={pending}
              onClick={() => startTransition(() => retry())}
            >
              {pending ? "Trying again" : "Try again"}
            </PlainButton>
            <PlainLink href="/">Go to the home page</PlainLink>
          </>
        }
      >
        <p role="alert">Something went wrong on our side. Please try again in a moment.</p>
        {digest ? (
          <p className="mt-2 text-sm">
            If it keeps happening, please tell us this reference: {digest}
          </p>
        ) : null}
      </MessagePage>
    </main>
  );
}
