"use client";

import { useCallback, useState } from "react";

/**
 * What a dialog is about when it stands beside a table and not in a row. The dialog stays mounted
 * when its row changes or goes, so its message is not lost. The target stays while the dialog
 * closes.
 */
export function useDialogTarget<T>() {
  const [target, setTarget] = useState<T | null>(null);
  const [open, setOpen] = useState(false);
  const choose = useCallback((next: T) => {
    setTarget(next);
    setOpen(true);
  }, []);
  return { target, open, setOpen, choose };
}

export type DialogTarget<T> = ReturnType<typeof useDialogTarget<T>>;
