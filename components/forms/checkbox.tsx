"use client";

import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Check } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cn } from "@/components/ui/cn";

export type CheckboxProps = {
  label: ReactNode;
  checked: boolean;
  onCheckedChange: (checked: boolean) => void;
};

/** A checkbox with its label. */
export function Checkbox({ label, checked, onCheckedChange }: CheckboxProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <BaseCheckbox.Root
        id={id}
        aria-labelledby={`${id}-label`}
        checked={checked}
        onCheckedChange={(next) => onCheckedChange(next)}
        className={cn(
          "mt-0.5 flex size-5 shrink-0 items-center justify-center rounded border",
          "border-border-strong bg-surface-raised transition-colors duration-100",
          "data-checked:border-accent data-checked:bg-accent data-checked:text-on-accent",
        )}
      >
        <BaseCheckbox.Indicator className="flex data-unchecked:hidden">
          <Check aria-hidden="true" strokeWidth={3} className="size-3.5" />
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      <div className="flex min-w-0 flex-col gap-1 text-sm leading-6">
        <label id={`${id}-label`} htmlFor={id}>
          {label}
        </label>
      </div>
    </div>
  );
}
