"use client";

import { useSyncExternalStore } from "react";

const CHANGED = "browser-preference";

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

/** A yes-or-no preference that this browser keeps in localStorage under `name`. */
export function useBrowserPreference(
  name: string,
  initial: boolean,
): [boolean, (on: boolean) => void] {
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
        // The browser does not allow this page to store anything, so nothing changes.
      }
      window.dispatchEvent(new Event(CHANGED));
    },
  ];
}
