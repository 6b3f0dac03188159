"use client";

import { startTransition } from "react";
import { Card } from "@/components/ui/card";
import { errorDigest } from "@/components/ui/error-digest";
import { ErrorState } from "@/components/ui/error-state";
import { useTexts } from "@/components/ui/texts";

type ErrorPageProps = { error: unknown; retry: () => void };

export default function CustomerError({ error, retry }: ErrorPageProps) {
  const ui = useTexts("ui");
  const shell = useTexts("shell");
  return (
    <>
      <h1 className="sr-only">{ui("pageNotLoaded")}</h1>
      <Card>
        <ErrorState
          title={shell("accountNotLoaded")}
          requestId={errorDigest(error)}
          onRetry={() => startTransition(() => retry())}
        >
          {shell("dataIsSafe")}
        </ErrorState>
      </Card>
    </>
  );
}
