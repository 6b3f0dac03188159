"use client";

import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { EMPTY_FORM, type FormState } from "@/lib/form-state";
import { type FormAction, usePostedForm } from "./use-posted-form";

/** A posted form that leads to another page once its answer says so. */
export function useLeavingForm(
  action: FormAction<FormState>,
  { onDone }: { onDone?: () => void } = {},
) {
  const router = useRouter();
  const [leaving, startLeaving] = useTransition();
  const posted = usePostedForm(action, EMPTY_FORM, {
    onAnswer({ goTo }) {
      if (goTo === null) return;
      onDone?.();
      startLeaving(() => {
        router.replace(goTo);
        router.refresh();
      });
    },
  });
  return { ...posted, isBusy: posted.pending !== null || leaving };
}
