import { Check } from "lucide-react";
import { cn } from "@/components/ui/cn";

const STEPS = [
  { step: "home", label: "Your home" },
  { step: "details", label: "Your details" },
] as const;

/** How far the order is. */
export function OrderProgress({ step }: { step: "home" | "details" }) {
  return (
    <ol aria-label="Steps of your order" className="flex gap-6 text-sm">
      {STEPS.map((one, index) => {
        const isCurrent = one.step === step;
        const isDone = step === "details" && one.step === "home";
        return (
          <li
            key={one.step}
            aria-current={isCurrent ? "step" : undefined}
            className={cn(
              "flex flex-1 items-center gap-2 border-t-2 pt-3",
              isCurrent || isDone ? "border-accent" : "border-border",
              isCurrent ? "font-medium text-text" : "text-text-muted",
            )}
          >
            <span
              aria-hidden="true"
              className={cn(
                "grid size-6 shrink-0 place-items-center rounded-full text-xs",
                isCurrent || isDone
                  ? "bg-accent-soft font-medium text-accent-strong"
                  : "bg-surface-sunken text-text-muted",
              )}
            >
              {isDone ? <Check className="size-3.5" strokeWidth={3} /> : <span>{index + 1}</span>}
            </span>
            <span>{one.label}</span>
            <span className="sr-only">{isDone ? "(done)" : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
