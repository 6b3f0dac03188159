"use client";

import { useCallback, useEffect, useRef, useState } from "react";

/**
 * What is typed into the dialogs of admins, kept for this tab: it survives a reload and signing in.
 * Reasons, amounts and days only; secrets are never kept.
 */
const PREFIX = "typed:";
/** The dialog to open again after signing in. */
const RETURN = "typed-return";
const RETURN_WITHIN_MS = 30 * 60_000;
const LONGEST = 100_000;

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    // The browser does not allow storage. Nothing was kept then.
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null || value === "") sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Nothing is kept then.
  }
}

const nameOf = (draft: string, field: string) => `${PREFIX}${draft} ${field}`;

/**
 * The text of one field of a dialog. `draft` names the dialog and what it is about; without it the
 * text is not kept beyond the page.
 */
export function useTypedDraft(
  draft: string | undefined,
  field: string,
): [string, (value: string) => void] {
  const [value, setValue] = useState("");
  useEffect(() => {
    if (draft === undefined) return;
    const kept = read(nameOf(draft, field));
    if (kept !== null && kept.length <= LONGEST) setValue((typed) => typed || kept);
  }, [draft, field]);
  const change = useCallback(
    (next: string) => {
      setValue(next);
      if (draft !== undefined) write(nameOf(draft, field), next);
    },
    [draft, field],
  );
  return [value, change];
}

/** Forgets the kept texts of one dialog, or of all. */
export function forgetTyped(draft?: string): void {
  try {
    const start = draft === undefined ? PREFIX : nameOf(draft, "");
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(start)) sessionStorage.removeItem(key);
    }
    if (draft === undefined) sessionStorage.removeItem(RETURN);
  } catch {
    // Nothing was kept.
  }
}

const here = () => `${location.pathname}${location.search}`;

/** Where to sign in, to come back to this page. */
export const signInAgainPath = (): string => `/sign-in?next=${encodeURIComponent(here())}`;

/** The dialog opens again when the person is back on this page. */
export function returnTo(draft: string): void {
  write(RETURN, JSON.stringify({ draft, path: here(), at: Date.now() }));
}

/** The dialog to open again on this page; null for none. */
export function returnedDraft(): string | null {
  try {
    const { draft, path, at } = JSON.parse(read(RETURN) ?? "{}") as Record<string, unknown>;
    const isFresh = typeof at === "number" && Date.now() - at < RETURN_WITHIN_MS;
    return typeof draft === "string" && path === here() && isFresh ? draft : null;
  } catch {
    return null;
  }
}

/** Calls `open` when the page loads and the person has come back to this dialog. */
export function useReturn(draft: string | undefined, open: () => void): void {
  const reopen = useRef(open);
  useEffect(() => {
    if (draft === undefined || returnedDraft() !== draft) return;
    write(RETURN, null);
    reopen.current();
  }, [draft]);
}
