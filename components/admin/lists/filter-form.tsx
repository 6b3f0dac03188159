"use client";

import Form from "next/form";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { LinkButton } from "@/components/ui/button";

type Values = Readonly<Record<string, string>>;

/** The control of a form with this name, if it is one that holds a text. */
function controlOf(form: HTMLFormElement, name: string) {
  const control = form.elements.namedItem(name);
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement
    ? control
    : null;
}

export type FilterFormProps = {
  action: string;
  role?: "search";
  /** What the address says about each field; "" for nothing. */
  values: Values;
  /** The list without its filters; absent when it has none. */
  clearHref?: string | null;
  className?: string;
  children: ReactNode;
};

/**
 * The form that filters a list. Its fields follow the address, but a field that was typed in since the
 * list was asked for keeps its text and its focus when the list arrives.
 */
export function FilterForm({
  action,
  role,
  values,
  clearHref,
  className,
  children,
}: FilterFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const shown = useRef(values);
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = values;
    for (const [name, value] of Object.entries(values)) {
      const control = form.current && controlOf(form.current, name);
      if (control && value !== before[name] && control.value === before[name]) {
        control.value = value;
      }
    }
  }, [values]);
  // Clearing empties what is typed at once; what is typed after it stays.
  const clear = () => {
    for (const name of Object.keys(values)) {
      const control = form.current && controlOf(form.current, name);
      if (control) control.value = "";
    }
  };
  return (
    <Form ref={form} action={action} role={role} className={className}>
      {children}
      {clearHref ? (
        <LinkButton href={clearHref} variant="ghost" onClick={clear}>
          Clear the filters
        </LinkButton>
      ) : null}
    </Form>
  );
}
