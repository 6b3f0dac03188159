"use client";

import { Search } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect, useState, useSyncExternalStore } from "react";
import { cn } from "@/components/ui/cn";
import type { Permission } from "@/lib/permissions";

/** Loaded when somebody searches for the first time. */
const CommandPalette = dynamic(
  () => import("./command-palette").then((module) => module.CommandPalette),
  { ssr: false },
);

/** Whether keys that are pressed there are text. */
const takesText = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select, [role=combobox]"));

/** Whether a dialog is open: its own keys come first. */
const hasDialog = () => document.querySelector("[role=dialog], [role=alertdialog]") !== null;

const subscribe = () => () => {};
const useIsApple = () =>
  useSyncExternalStore(
    subscribe,
    () => /Mac|iPhone|iPad/.test(navigator.userAgent),
    () => false,
  );

export type FindAnythingProps = {
  permissions: readonly Permission[];
  /** Only the icon, for narrow screens. The keys are listened to by the other one. */
  compact?: boolean;
};

/** Opens the search of the whole admin area, by a button, ⌘K, Ctrl+K or "/". */
export function FindAnything({ permissions, compact = false }: FindAnythingProps) {
  const [open, setOpen] = useState(false);
  const [wasOpened, setWasOpened] = useState(false);
  const isApple = useIsApple();

  useEffect(() => {
    if (compact) return;
    const follow = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const isShortcut = event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey);
      const isSlash =
        event.key === "/" &&
        !event.metaKey &&
        !event.ctrlKey &&
        !event.altKey &&
        !takesText(event.target);
      if (!(isShortcut || isSlash) || hasDialog()) return;
      event.preventDefault();
      setWasOpened(true);
      setOpen(true);
    };
    addEventListener("keydown", follow);
    return () => removeEventListener("keydown", follow);
  }, [compact]);

  return (
    <>
      <button
        type="button"
        onClick={() => {
          setWasOpened(true);
          setOpen(true);
        }}
        className={cn(
          "flex h-11 items-center gap-3 rounded-control text-sm text-text-muted hover:text-text",
          compact ? "ms-auto px-3" : "w-full border border-border px-3 hover:border-border-strong",
        )}
      >
        <Search aria-hidden="true" className="size-4 shrink-0" />
        <span className={compact ? "sr-only" : "flex-1 text-start"}>Find anything</span>
        {compact ? null : (
          <span aria-hidden="true" className="rounded-sm border border-border px-1.5 text-xs">
            {isApple ? "⌘K" : "Ctrl K"}
          </span>
        )}
      </button>
      {wasOpened ? (
        <CommandPalette open={open} onOpenChange={setOpen} permissions={permissions} />
      ) : null}
    </>
  );
}
