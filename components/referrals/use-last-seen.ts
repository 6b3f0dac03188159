"use client";

import { useEffect, useState } from "react";

/**
 * The value that this browser showed under a key before the one of now; null when it is the same, or
 * on the first visit. The value of now is what it remembers from here on.
 */
export function useLastSeen(key: string, value: number): number | null {
  const [before, setBefore] = useState<number | null>(null);
  useEffect(() => {
    try {
      const stored = localStorage.getItem(key);
      const seen = stored === null ? Number.NaN : Number(stored);
      setBefore(Number.isFinite(seen) && seen !== value ? seen : null);
      localStorage.setItem(key, String(value));
    } catch {
      // The browser does not allow storage. Nothing moves then.
    }
  }, [key, value]);
  return before;
}
