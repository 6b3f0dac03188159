"use client";

import { type RefObject, useEffect } from "react";

/**
 * Moves the focus to the first invalid control of a form each time `errors` changes and has a
 * message. Pass a new object with each submit.
 */
export function useFocusFirstError(
  form: RefObject<HTMLElement | null>,
  errors: Readonly<Record<string, string | undefined>> | null | undefined,
): void {
  useEffect(() => {
    if (!errors || Object.values(errors).every((message) => !message)) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, errors]);
}
