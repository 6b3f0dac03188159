const STORAGE_KEY = "order-attempt";

function newKey(): string {
  // `randomUUID` does not exist on plain HTTP, `getRandomValues` does.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The idempotency key of the order that is being placed. It stays the same across retries and
 * reloads of the tab, so an order is not placed twice when its answer was lost.
 */
export function orderKey(): string {
  try {
    const kept = sessionStorage.getItem(STORAGE_KEY);
    if (kept && /^[0-9a-f]{32}$/.test(kept)) return kept;
    const key = newKey();
    sessionStorage.setItem(STORAGE_KEY, key);
    return key;
  } catch {
    memory ??= newKey();
    return memory;
  }
}

/** The key in browsers that do not allow storage. */
let memory: string | null = null;

/** Gives the next order a new key. Call it once this order is placed or its key was used before. */
export function renewOrderKey(): void {
  memory = null;
  try {
    sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // The browser does not allow storage, so nothing was kept.
  }
}
