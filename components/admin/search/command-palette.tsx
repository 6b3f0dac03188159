"use client";

import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import useSWR from "swr";
import { type ApiError, fetchJson } from "@/components/api-client";
import { cn } from "@/components/ui/cn";
import { Spinner } from "@/components/ui/spinner";
import type { SearchResult } from "@/lib/admin/search-schemas";
import type { Permission } from "@/lib/permissions";
import { type FoundGroup, type FoundItem, foundGroups, pagesFor } from "./found-groups";

export type CommandPaletteProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  permissions: readonly Permission[];
};

/** Milliseconds without a key after which the text is looked up. */
const PAUSE_MS = 120;

/** The text once the person pauses. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

function Found({ item, onChoose }: { item: FoundItem; onChoose: (item: FoundItem) => void }) {
  return (
    <Autocomplete.Item
      value={item}
      onClick={() => onChoose(item)}
      className={cn(
        "flex min-h-11 cursor-default flex-wrap items-center justify-between gap-x-4 rounded-control px-3 py-2 text-sm",
        "scroll-my-2 select-none outline-none data-highlighted:bg-surface-sunken",
      )}
    >
      <bdi className="min-w-0 font-medium wrap-anywhere">{item.label}</bdi>
      {item.note ? (
        <bdi className="min-w-0 text-text-muted text-xs wrap-anywhere">{item.note}</bdi>
      ) : null}
    </Autocomplete.Item>
  );
}

function Group({ group, onChoose }: { group: FoundGroup; onChoose: (item: FoundItem) => void }) {
  return (
    <Autocomplete.Group items={group.items} className="pb-2">
      <Autocomplete.GroupLabel className="px-3 py-2 font-medium text-text-muted text-xs">
        {group.value}
      </Autocomplete.GroupLabel>
      <Autocomplete.Collection>
        {(item: FoundItem) => <Found key={item.value} item={item} onChoose={onChoose} />}
      </Autocomplete.Collection>
    </Autocomplete.Group>
  );
}

/** Finds customers, orders, documents and pages. Arrow keys choose, Enter opens, Escape closes. */
export function CommandPalette({ open, onOpenChange, permissions }: CommandPaletteProps) {
  const router = useRouter();
  const [text, setText] = useState("");
  const wanted = usePaused(text.trim());
  const { data, error, isLoading } = useSWR<SearchResult, ApiError>(
    open && wanted !== "" ? `/api/admin/search?${new URLSearchParams({ q: wanted })}` : null,
    fetchJson,
    { keepPreviousData: true, revalidateOnFocus: false },
  );
  const isSearching = isLoading || wanted !== text.trim();
  const groups =
    text.trim() === "" ? pagesFor("", permissions) : foundGroups(text, data, permissions);

  function choose(item: FoundItem) {
    onOpenChange(false);
    setText("");
    router.push(item.href);
  }

  let nothing = "Nothing found. Try part of a name, the last digits of a phone, or a number.";
  if (isSearching) nothing = "Searching";
  if (error) nothing = error.message;
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-overlay" />
        <Dialog.Popup
          aria-label="Find anything"
          className={cn(
            "fixed inset-x-2 top-2 z-50 mx-auto flex max-h-[min(36rem,calc(100dvh-1rem))] max-w-xl flex-col",
            "overflow-hidden rounded-card border border-border bg-surface-raised outline-none sm:top-20",
          )}
        >
          <Autocomplete.Root
            open
            inline
            items={groups}
            value={text}
            onValueChange={setText}
            itemToStringValue={(item: FoundItem) => item.label}
            filter={null}
            mode="none"
            autoHighlight="always"
            keepHighlight
          >
            <div className="flex items-center gap-3 border-b px-4">
              {isSearching && text.trim() !== "" ? (
                <Spinner className="shrink-0 text-text-muted" />
              ) : (
                <Search aria-hidden="true" className="size-4 shrink-0 text-text-muted" />
              )}
              <Autocomplete.Input
                aria-label="Find a customer, order, invoice or page"
                placeholder="Name, phone, code, order or invoice"
                maxLength={120}
                className="h-14 w-full bg-transparent text-base outline-none placeholder:text-text-muted"
              />
              <Dialog.Close className="rounded-control border border-border px-2 py-1 text-text-muted text-xs hover:text-text">
                Esc
                <span className="sr-only">: close</span>
              </Dialog.Close>
            </div>
            <Autocomplete.Empty className="px-4 py-8 text-center text-sm text-text-muted empty:hidden">
              {nothing}
            </Autocomplete.Empty>
            <Autocomplete.List className="min-h-0 flex-1 overflow-y-auto overscroll-contain p-2 empty:hidden">
              {(group: FoundGroup) => <Group key={group.value} group={group} onChoose={choose} />}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
