/**
 * Where somebody is in a queue: the items that wait, the one that is shown, and how many are left.
 * Without a known `chosen` id the first one is shown. `open` counts all open items, also those that
 * are not in `items`.
 */
export function queuePosition<Item extends { id: string }>({
  items,
  decided,
  chosen,
  open,
}: {
  items: readonly Item[];
  decided: ReadonlySet<string>;
  chosen: string | null;
  open: number;
}) {
  const waiting = items.filter((item) => !decided.has(item.id));
  const index = Math.max(
    0,
    waiting.findIndex((item) => item.id === chosen),
  );
  const decidedHere = items.length - waiting.length;
  return {
    waiting,
    index,
    current: waiting[index],
    previous: waiting[index - 1],
    next: waiting[index + 1],
    left: Math.max(waiting.length, open - decidedHere),
  };
}

/** The item to show once `id` is decided: the one after it, else the one before it. */
export function afterDecision<Item extends { id: string }>(
  waiting: readonly Item[],
  id: string,
): Item | undefined {
  const index = waiting.findIndex((item) => item.id === id);
  return waiting[index + 1] ?? waiting[index - 1];
}
