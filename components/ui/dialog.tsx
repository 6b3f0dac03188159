"use client";

import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactElement, ReactNode, RefObject } from "react";
import { buttonClasses } from "./button-classes";
import { cn } from "./cn";
import { useTexts } from "./texts";

export type DialogProps = {
  /** The button that opens it. Leave out when `open` is controlled from elsewhere. */
  trigger?: ReactElement;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** The buttons, the primary one last. They stay in view while the body scrolls. */
  footer?: ReactNode;
  /** The dialog cannot be closed, e.g. while saving. */
  locked?: boolean;
  /** Gets the focus when the dialog opens. Without it the first control gets it. */
  initialFocus?: RefObject<HTMLElement | null>;
  children?: ReactNode;
};

/** A modal dialog. On phones it is a sheet at the bottom of the screen. */
export function Dialog({
  trigger,
  open,
  onOpenChange,
  title,
  description,
  footer,
  locked = false,
  initialFocus,
  children,
}: DialogProps) {
  const ui = useTexts("ui");
  return (
    <BaseDialog.Root
      open={open}
      onOpenChange={(next, details) => {
        if (locked && !next) {
          details.cancel();
          return;
        }
        onOpenChange?.(next);
      }}
    >
      {trigger ? <BaseDialog.Trigger render={trigger} /> : null}
      <BaseDialog.Portal>
        <BaseDialog.Backdrop
          className={cn(
            "fixed inset-0 z-40 bg-overlay transition-opacity duration-200",
            "data-ending-style:opacity-0 data-starting-style:opacity-0",
          )}
        />
        <BaseDialog.Popup
          initialFocus={initialFocus}
          className={cn(
            "fixed inset-x-0 bottom-0 z-50 flex max-h-[90dvh] flex-col border border-border",
            "rounded-t-sheet bg-surface-raised text-text outline-none",
            "transition-[translate,opacity] duration-200 ease-out",
            "data-ending-style:translate-y-8 data-starting-style:translate-y-8",
            "data-ending-style:opacity-0 data-starting-style:opacity-0",
            "sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:-translate-x-1/2",
            "sm:-translate-y-1/2 sm:rounded-sheet sm:data-ending-style:-translate-y-[48%]",
            "sm:data-starting-style:-translate-y-[48%] sm:max-w-[calc(100vw-3rem)]",
            "sm:w-[30rem]",
          )}
        >
          <div className="flex items-start justify-between gap-4 px-4 pt-5 sm:px-6 sm:pt-6">
            <div className="min-w-0">
              <BaseDialog.Title className="font-semibold text-lg leading-7">
                {title}
              </BaseDialog.Title>
              {description ? (
                <BaseDialog.Description className="mt-1 text-sm text-text-muted">
                  {description}
                </BaseDialog.Description>
              ) : null}
            </div>
            <BaseDialog.Close
              aria-label={ui("close")}
              disabled={locked}
              className={cn(
                buttonClasses({ variant: "ghost", size: "icon" }),
                "-mt-1 -mr-2 shrink-0",
              )}
            >
              <X aria-hidden="true" />
            </BaseDialog.Close>
          </div>
          {children ? (
            <div className="min-h-0 overflow-y-auto px-4 pt-4 pb-1 sm:px-6">{children}</div>
          ) : null}
          {footer ? (
            <div
              className={cn(
                "flex flex-col-reverse gap-2 px-4 pt-5 sm:flex-row sm:justify-end sm:px-6",
                "pb-[max(1.25rem,env(safe-area-inset-bottom))] sm:pb-6",
              )}
            >
              {footer}
            </div>
          ) : (
            <div className="h-5 shrink-0 sm:h-6" />
          )}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
