"use client";

import { type FormEvent, useActionState, useCallback, useRef, useState } from "react";
import { useTexts } from "@/components/ui/texts";
import type { FormState } from "@/lib/form-state";
import { useFocusFirstError } from "./use-focus-first-error";

/** Answers a form that was posted, on the server. */
export type FormAction<S extends FormState> = (before: S, data: FormData) => Promise<S>;

/**
 * A form that the browser can post by itself: before scripts run, and without them, the server
 * answers with the page. Once they run, the same answer arrives without leaving it.
 *
 * @param prepare adds to what is sent.
 * @param onAnswer is told each answer that arrives while scripts run, and which button was pressed.
 */
export function usePostedForm<S extends FormState>(
  action: FormAction<S>,
  empty: S,
  {
    prepare,
    onAnswer,
  }: { prepare?: (data: FormData) => void; onAnswer?: (state: S, intent: string) => void } = {},
) {
  const ui = useTexts("ui");
  const form = useRef<HTMLFormElement>(null);
  const [posted, post] = useActionState(
    action as (before: Awaited<S>, data: FormData) => Promise<S>,
    empty as Awaited<S>,
  );
  const [answered, setAnswered] = useState<S | null>(null);
  const [edited, setEdited] = useState<ReadonlySet<string>>(new Set());
  const [pending, setPending] = useState<string | null>(null);
  const state = answered ?? posted;
  useFocusFirstError(form, state.errors);

  async function send(data: FormData): Promise<void> {
    if (pending !== null) return;
    const intent = String(data.get("intent") ?? "");
    setPending(intent);
    prepare?.(data);
    let next: S;
    try {
      next = await action(state, data);
    } catch {
      next = { ...state, errors: {}, failure: ui("unreachable"), code: "unreachable" };
    }
    setPending(null);
    setEdited(new Set());
    setAnswered(next);
    onAnswer?.(next, intent);
  }

  const show = useCallback(
    (next: Partial<S>) => setAnswered((before) => ({ ...(before ?? posted), ...next })),
    [posted],
  );

  return {
    form,
    state,
    /** The `intent` of the button whose answer is on its way; empty for one without, null for none. */
    pending,
    formProps: {
      ref: form,
      action: post,
      noValidate: true,
      onSubmit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const { submitter } = event.nativeEvent as SubmitEvent;
        void send(new FormData(event.currentTarget, submitter));
      },
    },
    /** The error of a field, until it is edited. */
    errorOf: (name: string): string | null =>
      edited.has(name) ? null : (state.errors[name] ?? null),
    clear(name: string) {
      if (state.errors[name] !== undefined) setEdited((before) => new Set(before).add(name));
    },
    /** Shows another state, one that the page decides. */
    show,
  };
}
