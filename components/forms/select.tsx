"use client";

import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";
import { controlClasses, useControlProps } from "./field";

type SelectOption = { value: string; label: string };

export type SelectProps = Omit<ComponentProps<"select">, "children" | "multiple" | "size"> & {
  options: readonly SelectOption[];
  onValueChange?: (value: string) => void;
  /** A first entry that cannot be chosen, shown until something is. */
  placeholder?: string;
};

/**
 * A choice from a short list. It is the browser's own control, so phones show their own list and it
 * works before scripts have loaded. Inside a `Field` it gets its label, hint and error.
 */
export function Select({
  options,
  onValueChange,
  onChange,
  placeholder,
  value,
  defaultValue,
  className,
  ...rest
}: SelectProps) {
  const wired = useControlProps(rest);
  const initial = value === undefined && placeholder ? (defaultValue ?? "") : defaultValue;
  return (
    <div className={cn("relative min-w-0", className)}>
      <select
        {...rest}
        {...wired}
        value={value}
        defaultValue={initial}
        onChange={(event) => {
          onChange?.(event);
          onValueChange?.(event.target.value);
        }}
        className={cn(controlClasses, "h-11 appearance-none pr-10")}
      >
        {placeholder ? (
          <option value="" disabled>
            {placeholder}
          </option>
        ) : null}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden="true"
        className="pointer-events-none absolute top-3.5 right-3 size-4 text-text-muted"
      />
    </div>
  );
}
