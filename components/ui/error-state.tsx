"use client";

import { RotateCw, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { cn } from "./cn";
import { useTexts } from "./texts";

export type ErrorStateProps = {
  title?: string;
  children?: ReactNode;
  /** Shows "Try again". The button is busy until a returned promise settles. */
  onRetry?: () => unknown;
  /** The reference that the customer tells the support. */
  requestId?: string;
};

/** Stands in place of something that could not be loaded, with a button to try again. */
export function ErrorState({ title, children, onRetry, requestId }: ErrorStateProps) {
  const ui = useTexts("ui");
  const [retrying, setRetrying] = useState(false);

  async function retry() {
    setRetrying(true);
    try {
      await onRetry?.();
    } finally {
      setRetrying(false);
    }
  }

  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <span
        aria-hidden="true"
        className={cn(
          "mb-2 flex size-12 items-center justify-center rounded-full bg-negative-soft",
          "text-negative [&_svg]:size-5",
        )}
      >
        <TriangleAlert />
      </span>
      <p className="font-medium">{title ?? ui("notLoaded")}</p>
      <div className="max-w-md text-sm text-text-muted">{children ?? ui("checkConnection")}</div>
      {requestId ? (
        <p className="text-text-muted text-xs">{ui("reference", { id: requestId })}</p>
      ) : null}
      {onRetry ? (
        <Button
          className="mt-4"
          size="sm"
          icon={<RotateCw aria-hidden="true" />}
          loading={retrying}
          loadingLabel={ui("tryingAgain")}
          onClick={retry}
        >
          {ui("tryAgain")}
        </Button>
      ) : null}
    </div>
  );
}
