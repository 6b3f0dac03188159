"use client";

import { type ComponentProps, createContext, type ReactNode, useContext, useId } from "react";
import { cn } from "@/components/ui/cn";
import { useTexts } from "@/components/ui/texts";

type FieldState = { controlId: string; describedBy?: string; invalid: boolean; required: boolean };

const FieldContext = createContext<FieldState | null>(null);

export type FieldProps = {
  label: ReactNode;
  /** Help that is always visible; read out with the control. */
  hint?: ReactNode;
  /** What is wrong and how to correct it. It marks the control as invalid. */
  error?: string | null;
  /** Adds "(optional)" to the label. */
  optional?: boolean;
  required?: boolean;
  className?: string;
  children: ReactNode;
};

/** Connects label, hint and error with the one Input, Textarea or Select inside. */
export function Field({
  label,
  hint,
  error,
  optional = false,
  required = false,
  className,
  children,
}: FieldProps) {
  const ui = useTexts("ui");
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy =
    [error ? errorId : null, hint ? hintId : null].filter(Boolean).join(" ") || undefined;

  return (
    <FieldContext value={{ controlId: id, describedBy, invalid: Boolean(error), required }}>
      <div className={cn("flex min-w-0 flex-col gap-2", className)}>
        <label htmlFor={id} className="font-medium text-sm">
          {label}
          {optional ? <span className="font-normal text-text-muted"> {ui("optional")}</span> : null}
        </label>
        {children}
        {error ? (
          <p id={errorId} className="text-negative text-sm">
            {error}
          </p>
        ) : null}
        {hint ? (
          <p id={hintId} className="text-sm text-text-muted">
            {hint}
          </p>
        ) : null}
      </div>
    </FieldContext>
  );
}

/** The look of every text control. Text has 16 px on phones, so that iOS does not zoom in. */
export const controlClasses = cn(
  "w-full min-w-0 rounded-control border border-border-strong bg-surface-raised px-3 text-text",
  "text-base placeholder:text-text-muted sm:text-sm",
  "transition-colors duration-150 hover:border-text-muted",
  "focus-visible:border-accent-strong focus-visible:outline-2 focus-visible:outline-offset-0",
  "aria-invalid:border-negative aria-invalid:focus-visible:outline-negative",
  "disabled:cursor-not-allowed disabled:bg-surface-sunken disabled:text-text-muted",
);

/** What the enclosing `Field` adds to a control. The control's own props come first. */
export function useControlProps(given: {
  id?: string;
  required?: boolean;
  "aria-describedby"?: string;
  "aria-invalid"?: ComponentProps<"input">["aria-invalid"];
}) {
  const field = useContext(FieldContext);
  const describedBy = [given["aria-describedby"], field?.describedBy].filter(Boolean).join(" ");
  return {
    id: given.id ?? field?.controlId,
    required: given.required ?? (field?.required || undefined),
    "aria-describedby": describedBy || undefined,
    "aria-invalid": given["aria-invalid"] ?? (field?.invalid || undefined),
  };
}

export type InputProps = ComponentProps<"input">;

/** A text input. Inside a `Field` it gets its label, hint and error. */
export function Input({ className, ...rest }: InputProps) {
  const wired = useControlProps(rest);
  return <input {...rest} {...wired} className={cn(controlClasses, "h-11", className)} />;
}

export type TextareaProps = ComponentProps<"textarea">;

/** A multi-line input that grows with its text in browsers that support it. */
export function Textarea({ className, rows = 3, ...rest }: TextareaProps) {
  const wired = useControlProps(rest);
  return (
    <textarea
      {...rest}
      {...wired}
      rows={rows}
      className={cn(controlClasses, "field-sizing-content min-h-24 resize-y py-2.5", className)}
    />
  );
}
