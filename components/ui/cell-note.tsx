import type { ReactNode } from "react";
import { cn } from "./cn";

export const noteClasses = "font-normal text-text-muted text-xs";

/** The second, quieter line of a table's cell. */
export function CellNote({ className, children }: { className?: string; children: ReactNode }) {
  return <p className={cn(noteClasses, className)}>{children}</p>;
}
