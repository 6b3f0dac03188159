import type { ReactNode } from "react";
import { cn } from "./cn";

export type EmptyStateProps = {
  title: string;
  /** Says what to do next. */
  children?: ReactNode;
  icon?: ReactNode;
  action?: ReactNode;
  className?: string;
};

/** Stands in place of a list that is empty, and says what to do next. */
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
