import { Check } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { useTexts } from "@/components/ui/texts";

const STEPS = [
  { step: "home", label: "steps.home" },
  { step: "details", label: "steps.details" },
] as const;

/** How far the order is. */
export function OrderProgress({ step }: { step: "home" | "details" }) {
  const t = useTexts("order");
  return (
    <ol aria-label={t("steps.label")} className="flex gap-6 text-sm">
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
            <span>{t(one.label)}</span>
            <span className="sr-only">{isDone ? t("steps.done") : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
