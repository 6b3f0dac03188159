"use client";

import { useState } from "react";

/**
 * What a dialog that stands beside a table is about. The dialog outlives its row, so that its
 * message stays when the row's data changes; the target outlives the dialog while it closes.
 */
export function useTarget<T>() {
  const [target, setTarget] = useState<T | null>(null);
  const [open, setOpen] = useState(false);
  return {
    target,
    open,
    setOpen,
    choose(next: T) {
      setTarget(next);
      setOpen(true);
    },
  };
}
