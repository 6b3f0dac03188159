"use client";

import { Toaster as SonnerToaster } from "sonner";
import { useTexts } from "./texts";

export { toast } from "sonner";

/** The place where toasts appear. */
export function Toaster() {
  return (
    <SonnerToaster
      theme="system"
      position="top-center"
      duration={5000}
      containerAriaLabel={useTexts("ui")("notices")}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            "font-sans flex w-full items-start gap-3 rounded-card border border-border bg-surface-raised p-4 text-sm text-text shadow-popup sm:w-(--width)",
          title: "font-medium",
          description: "mt-1 text-text-muted!",
          icon: "mt-0.5 shrink-0",
          success: "[&_[data-icon]]:text-positive",
          error: "[&_[data-icon]]:text-negative",
          actionButton: "ml-auto font-medium text-accent-strong underline underline-offset-4",
        },
      }}
    />
  );
}
