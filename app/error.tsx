"use client";

import { useTransition } from "react";
import { Button, LinkButton } from "@/components/ui/button";
import { errorDigest } from "@/components/ui/error-digest";
import { MessagePage } from "@/components/ui/message-page";

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
            <Button
              variant="primary"
              loading={pending}
              loadingLabel="Trying again"
              onClick={() => startTransition(() => retry())}
            >
              Try again
            </Button>
            <LinkButton href="/">Go to the home page</LinkButton>
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
