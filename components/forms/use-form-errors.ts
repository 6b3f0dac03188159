"use client";

import { type RefObject, useState } from "react";
import { useFocusFirstError } from "./use-focus-first-error";

type Errors = Readonly<Record<string, string>>;

/**
 * The errors of a form, by field. Showing new ones moves the focus to the first field with an
 * error. Editing a field takes its error away and leaves the focus.
 */
export function useFormErrors(form: RefObject<HTMLElement | null>) {
  const [errors, setErrors] = useState<Errors | null>(null);
  const [edited, setEdited] = useState<ReadonlySet<string>>(new Set());
  useFocusFirstError(form, errors);
  return {
    errorOf: (name: string): string | null => (edited.has(name) ? null : (errors?.[name] ?? null)),
    show(next: Errors) {
      setEdited(new Set());
      setErrors(next);
    },
    clear(name: string) {
      if (errors?.[name] !== undefined) setEdited((before) => new Set(before).add(name));
    },
  };
}
