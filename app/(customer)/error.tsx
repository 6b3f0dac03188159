"use client";

import { startTransition } from "react";
import { Card } from "@/components/ui/card";
import { ErrorState } from "@/components/ui/error-state";

type ErrorPageProps = { error: unknown; retry: () => void };

function digestOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("digest" in error)) return undefined;
  return typeof error.digest === "string" ? error.digest : undefined;
}

export default function CustomerError({ error, retry }: ErrorPageProps) {
  return (
    <>
      <h1 className="sr-only">This page did not load</h1>
      <Card>
        <ErrorState
          title="We could not load your account"
          requestId={digestOf(error)}
          onRetry={() => startTransition(() => retry())}
        >
          Nothing is lost. Please try again in a moment.
        </ErrorState>
      </Card>
    </>
  );
}
