import type { ReactNode } from "react";
import { buttonClasses } from "@/components/ui/button-classes";
import { cn } from "@/components/ui/cn";

/** A button above a list that opens a small panel. It is the browser's own, so it needs no script. */
export function ToolPanel({
  icon,
  label,
  children,
}: {
  icon: ReactNode;
  label: string;
  children: ReactNode;
}) {
  return (
    // One panel at a time is open: those of one name exclude each other.
    <details name="list-tools" className="group max-sm:open:w-full">
      <summary
        className={cn(
          buttonClasses({ size: "sm", variant: "ghost" }),
          "cursor-pointer list-none group-open:bg-surface-sunken [&::-webkit-details-marker]:hidden",
        )}
      >
        {icon}
        {label}
      </summary>
      <div
        className={cn(
          "mt-1 rounded-card border bg-surface-raised p-4",
          "sm:absolute sm:top-full sm:right-0 sm:z-10 sm:w-80 sm:shadow-popup",
        )}
      >
        {children}
      </div>
    </details>
  );
}
