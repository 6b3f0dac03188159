"use client";

import { useTransition } from "react";
import { Card } from "@/components/ui/card";
import { errorDigest } from "@/components/ui/error-digest";
import { ErrorState } from "@/components/ui/error-state";

export type PageErrorProps = { error: unknown; retry: () => void };

/** Shown in place of an admin page that could not be loaded. */
export function PageError({ error, retry }: PageErrorProps) {
  const [, startTransition] = useTransition();
  return (
    <Card>
      <h1 className="sr-only">This page did not load</h1>
      <ErrorState
        title="This page did not load"
        requestId={errorDigest(error)}
        onRetry={() =>
          new Promise<void>((resolve) => {
            startTransition(() => {
              retry();
              resolve();
            });
          })
        }
      >
        Something went wrong on our side. Nothing was changed. Please try again in a moment.
      </ErrorState>
    </Card>
  );
}
