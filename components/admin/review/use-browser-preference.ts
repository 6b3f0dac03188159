"use client";

import { useSyncExternalStore } from "react";

const CHANGED = "admin-setting";

function subscribe(onChange: () => void): () => void {
  window.addEventListener("storage", onChange);
  window.addEventListener(CHANGED, onChange);
  return () => {
    window.removeEventListener("storage", onChange);
    window.removeEventListener(CHANGED, onChange);
  };
}

function read(name: string, initial: boolean): boolean {
  try {
    const stored = window.localStorage.getItem(name);
    return stored === null ? initial : stored === "on";
  } catch {
    return initial;
  }
}

/** A yes-or-no preference of this browser. */
export function useSetting(name: string, initial: boolean): [boolean, (on: boolean) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => read(name, initial),
    () => initial,
  );
  return [
    value,
    (on) => {
      try {
        window.localStorage.setItem(name, on ? "on" : "off");
      } catch {
        // Storage is closed to this page: the preference stays as it is.
      }
      window.dispatchEvent(new Event(CHANGED));
    },
  ];
}
