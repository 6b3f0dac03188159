import { Check, X } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { useTexts } from "@/components/ui/texts";
import { dateIn } from "@/lib/language/dates";
import type { Texts } from "@/lib/language/translator";
import type { Friend } from "@/lib/referrals/schemas";
import type { TimelineStep } from "@/lib/referrals/timeline";

function dateOf(
  step: TimelineStep,
  friend: Friend,
  timeZone: string,
  t: Texts<"friends">,
): string | null {
  if (step.state === "todo") return null;
  if (step.key === "active" && step.state === "current") {
    return t("timeline.by", { date: dateIn(t, friend.activation_due_at, timeZone) });
  }
  if (!step.date) return null;
  const date = dateIn(t, step.date, timeZone);
  if (step.state === "stopped") return date;
  if (step.key === "paid") return step.state === "current" ? t("timeline.due", { date }) : null;
  if (step.key !== "counting") return date;
  return step.state === "current" && friend.suspended_at === null
    ? t("timeline.until", { date })
    : null;
}

function Dot({ state }: { state: TimelineStep["state"] }) {
  return (
    <span
      aria-hidden="true"
      className={cn(
        "relative flex size-5 shrink-0 items-center justify-center rounded-full [&_svg]:size-3",
        state === "done" && "bg-accent text-on-accent",
        state === "current" && "border-2 border-accent bg-surface-raised",
        state === "todo" && "border border-border-strong bg-surface-raised",
        state === "stopped" && "bg-negative-fill text-on-negative",
      )}
    >
      {state === "done" ? <Check strokeWidth={3} /> : null}
      {state === "current" ? <span className="size-2 rounded-full bg-accent" /> : null}
      {state === "stopped" ? <X strokeWidth={3} /> : null}
    </span>
  );
}

export type FriendTimelineProps = {
  friend: Friend;
  steps: readonly TimelineStep[];
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

/** Ordered → active → counting → paid → counted: one below the other on phones, side by side elsewhere. */
export function FriendTimeline({ friend, steps, timeZone }: FriendTimelineProps) {
  const t = useTexts("friends");
  return (
    <ol className="sm:flex">
      {steps.map((step, index) => {
        const isLast = index === steps.length - 1;
        const date = dateOf(step, friend, timeZone, t);
        return (
          <li
            key={step.key}
            aria-current={step.state === "current" ? "step" : undefined}
            className={cn(
              "relative flex gap-3 pb-4 last:pb-0 sm:block sm:pb-0",
              // The last step ends where the line ends.
              isLast ? "sm:flex-none" : "sm:flex-1 sm:pr-4",
            )}
          >
            {isLast ? null : (
              <span
                aria-hidden="true"
                className={cn(
                  "absolute top-5 bottom-0 left-2.5 w-px -translate-x-1/2",
                  "sm:top-2.5 sm:right-0 sm:bottom-auto sm:left-5 sm:h-px sm:w-auto",
                  "sm:translate-x-0 sm:-translate-y-1/2",
                  step.state === "done" ? "bg-accent" : "bg-border",
                )}
              />
            )}
            <Dot state={step.state} />
            <div className="min-w-0 text-sm sm:mt-2">
              <p className={cn("font-medium", step.state === "todo" && "text-text-muted")}>
                {step.label}
                <span className="sr-only"> ({t(`stepState.${step.state}`)})</span>
              </p>
              {date ? <p className="text-text-muted text-xs">{date}</p> : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
