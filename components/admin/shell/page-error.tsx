"use client";

import { useTransition } from "react";
import { Card } from "@/components/ui/card";
import { ErrorState } from "@/components/ui/error-state";

export type PageErrorProps = { error: unknown; retry: () => void };

function digestOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("digest" in error)) return undefined;
  return typeof error.digest === "string" ? error.digest : undefined;
}

/** What an admin page shows in its place when it could not be loaded. */
export function PageError({ error, retry }: PageErrorProps) {
  const [, startTransition] = useTransition();
  return (
    <Card>
      <h1 className="sr-only">This page did not load</h1>
      <ErrorState
        title="This page did not load"
        requestId={digestOf(error)}
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
