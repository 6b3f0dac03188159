"use client";

import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Check } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cn } from "@/components/ui/cn";

export type CheckboxProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  name?: string;
  value?: string;
  checked?: boolean;
  defaultChecked?: boolean;
  onCheckedChange?: (checked: boolean) => void;
  disabled?: boolean;
  required?: boolean;
  className?: string;
};

/** A checkbox with its label, hint and error. */
export function Checkbox({
  label,
  hint,
  error,
  className,
  onCheckedChange,
  ...rest
}: CheckboxProps) {
  const id = useId();
  const describedBy =
    [error ? `${id}-error` : null, hint ? `${id}-hint` : null].filter(Boolean).join(" ") ||
    undefined;
  return (
    <div className={cn("flex items-start gap-3", className)}>
      <BaseCheckbox.Root
        {...rest}
        aria-labelledby={`${id}-label`}
        aria-describedby={describedBy}
        aria-invalid={Boolean(error) || undefined}
        id={id}
        onCheckedChange={(next) => onCheckedChange?.(next)}
        className={cn(
          "mt-0.5 flex size-5 shrink-0 items-center justify-center rounded border",
          "border-border-strong bg-surface-raised transition-colors duration-100",
          "data-checked:border-accent data-checked:bg-accent data-checked:text-on-accent",
          "aria-invalid:border-negative data-disabled:opacity-55",
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
        {error ? (
          <p id={`${id}-error`} className="text-negative">
            {error}
          </p>
        ) : null}
        {hint ? (
          <p id={`${id}-hint`} className="text-text-muted">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}
