import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";
import { type Tone, toneText } from "./tone";

const ICONS = {
  neutral: Info,
  accent: Info,
  info: Info,
  positive: CircleCheck,
  warning: TriangleAlert,
  negative: CircleAlert,
} as const;

const GROUNDS: Record<Tone, string> = {
  neutral: "bg-surface-sunken",
  accent: "bg-accent-soft",
  info: "bg-info-soft",
  positive: "bg-positive-soft",
  warning: "bg-warning-soft",
  negative: "bg-negative-soft",
};

export type NoticeProps = {
  tone?: Tone;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  /** Screen readers read it when it appears: `alert` for failures, `status` for the rest. */
  role?: "alert" | "status";
  className?: string;
};

/** A message within the page, e.g. about a paused programme or a failed form. */
export function Notice({ tone = "info", title, children, action, role, className }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      role={role}
      className={cn("flex items-start gap-3 rounded-card p-4 text-sm", GROUNDS[tone], className)}
    >
      <Icon aria-hidden="true" className={cn("mt-0.5 size-4 shrink-0", toneText[tone])} />
      <div className="flex min-w-0 flex-1 flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-48">
          {title ? <p className="font-medium">{title}</p> : null}
          {children ? <div className={cn(title ? "mt-1" : undefined)}>{children}</div> : null}
        </div>
        {action}
      </div>
    </div>
  );
}
