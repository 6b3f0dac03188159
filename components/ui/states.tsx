"use client";

import { RotateCw, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { cn } from "./cn";

export type EmptyStateProps = {
  title: string;
  /** Says what to do next. */
  children?: ReactNode;
  icon?: ReactNode;
  action?: ReactNode;
  className?: string;
};

/** Nothing here yet, and what to do about it. */
export function EmptyState({ title, children, icon, action, className }: EmptyStateProps) {
  return (
    <div className={cn("flex flex-col items-center gap-2 px-6 py-12 text-center", className)}>
      {icon ? (
        <span
          aria-hidden="true"
          className={cn(
            "mb-2 flex size-12 items-center justify-center rounded-full bg-surface-sunken",
            "text-text-muted [&_svg]:size-5",
          )}
        >
          {icon}
        </span>
      ) : null}
      <p className="font-medium">{title}</p>
      {children ? <div className="max-w-md text-sm text-text-muted">{children}</div> : null}
      {action ? <div className="mt-4">{action}</div> : null}
    </div>
  );
}

export type ErrorStateProps = {
  title?: string;
  children?: ReactNode;
  /** Shows "Try again". A returned promise keeps the button busy until it settles. */
  onRetry?: () => unknown;
  /** Quoted by the customer to support. */
  requestId?: string;
  className?: string;
};

/** Something could not be loaded, and can be tried again. */
export function ErrorState({
  title = "We could not load this",
  children = "Please check your connection and try again.",
  onRetry,
  requestId,
  className,
}: ErrorStateProps) {
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
    <div
      role="alert"
      className={cn("flex flex-col items-center gap-2 px-6 py-12 text-center", className)}
    >
      <span
        aria-hidden="true"
        className={cn(
          "mb-2 flex size-12 items-center justify-center rounded-full bg-negative-soft",
          "text-negative [&_svg]:size-5",
        )}
      >
        <TriangleAlert />
      </span>
      <p className="font-medium">{title}</p>
      <div className="max-w-md text-sm text-text-muted">{children}</div>
      {requestId ? <p className="text-text-muted text-xs">Reference {requestId}</p> : null}
      {onRetry ? (
        <Button
          className="mt-4"
          size="sm"
          icon={<RotateCw aria-hidden="true" />}
          loading={retrying}
          loadingLabel="Trying again"
          onClick={retry}
        >
          Try again
        </Button>
      ) : null}
    </div>
  );
}
