"use client";

import { startTransition } from "react";
import { Card } from "@/components/ui/card";
import { errorDigest } from "@/components/ui/error-digest";
import { ErrorState } from "@/components/ui/error-state";

type ErrorPageProps = { error: unknown; retry: () => void };

export default function CustomerError({ error, retry }: ErrorPageProps) {
  return (
    <>
      <h1 className="sr-only">This page did not load</h1>
      <Card>
        <ErrorState
          title="We could not load your account"
          requestId={errorDigest(error)}
          onRetry={() => startTransition(() => retry())}
        >
          Your data is safe. Please try again in a moment.
        </ErrorState>
      </Card>
    </>
  );
}
