"use client";

import { useSyncExternalStore } from "react";

const subscribe = () => () => {};

/** False in the HTML of the server, true once scripts run. Forms enable their button then. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
}
