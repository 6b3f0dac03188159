"use client";

import { Tooltip as BaseTooltip } from "@base-ui/react/tooltip";
import type { ReactElement } from "react";
import { cn } from "./cn";

export type TooltipProps = {
  /** A few words. Never put information here that people need and find nowhere else. */
  label: string;
  /** A focusable element. Its name must not depend on the tooltip. */
  children: ReactElement;
};

/** A hint on hover and focus. */
export function Tooltip({ label, children }: TooltipProps) {
  return (
    <BaseTooltip.Root>
      <BaseTooltip.Trigger delay={400} render={children} />
      <BaseTooltip.Portal>
        <BaseTooltip.Positioner sideOffset={8} side="top" className="z-50">
          <BaseTooltip.Popup
            className={cn(
              "max-w-64 rounded-md bg-text px-2.5 py-1.5 text-surface text-xs",
              "transition-opacity duration-100 data-ending-style:opacity-0",
              "data-starting-style:opacity-0",
            )}
          >
            {label}
          </BaseTooltip.Popup>
        </BaseTooltip.Positioner>
      </BaseTooltip.Portal>
    </BaseTooltip.Root>
  );
}
