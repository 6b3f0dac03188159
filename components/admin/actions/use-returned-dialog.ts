"use client";

import { useEffect, useRef } from "react";
import { returnedDraft } from "@/components/forms/typed-draft";

/**
 * For a dialog beside a table: after a sign-in in the middle, `choose` gets the name of the dialog
 * that was open, to choose its row again.
 */
export function useReturnedDialog(choose: (draft: string) => void): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current) return;
    isDone.current = true;
    const draft = returnedDraft();
    if (draft !== null) choose(draft);
  }, [choose]);
}
