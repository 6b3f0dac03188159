import type { ReactNode } from "react";
import { cn } from "./cn";
import { type Tone, toneText } from "./tone";

export type StatCardProps = {
  label: string;
  value: ReactNode;
  /** The change, e.g. "+12 %". Screen readers also say against what. */
  change?: { text: string; against?: string; tone?: Tone };
  hint?: ReactNode;
  /** A small control in the corner, e.g. a tooltip that explains the figure. */
  corner?: ReactNode;
};

/** One figure with its label. Put several into a `StatGrid`. */
export function StatCard({ label, value, change, hint, corner }: StatCardProps) {
  return (
    <div className="relative flex min-w-0 flex-col gap-1 rounded-card border border-border bg-surface-raised p-4">
      <dt className={cn("text-sm text-text-muted", corner ? "pr-6" : null)}>{label}</dt>
      <dd className="wrap-anywhere font-semibold text-xl tracking-tight tabular-nums sm:text-2xl">
        {value}
      </dd>
      {change ? (
        <dd className={cn("text-xs", toneText[change.tone ?? "neutral"])}>
          {change.text}
          {change.against ? <span className="sr-only"> {change.against}</span> : null}
        </dd>
      ) : null}
      {hint ? <dd className="text-text-muted text-xs">{hint}</dd> : null}
      {corner ? <dd className="absolute top-2.5 right-2.5">{corner}</dd> : null}
    </div>
  );
}

/** Figures side by side: two on phones, four on wide screens. */
export function StatGrid({ className, children }: { className?: string; children: ReactNode }) {
  return <dl className={cn("grid grid-cols-2 gap-4 lg:grid-cols-4", className)}>{children}</dl>;
}
