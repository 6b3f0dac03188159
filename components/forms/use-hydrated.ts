"use client";

import { useSyncExternalStore } from "react";

const subscribe = () => () => {};

/** False in the server's markup, true once the page can answer: forms wait for it. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
}
