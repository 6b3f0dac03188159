const STORAGE_KEY = "order-attempt";

function newKey(): string {
  // randomUUID is missing on plain HTTP; this is not.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The key of the order that is being placed. It stays the same across retries and reloads of the
 * tab, so that an order whose answer got lost is not placed twice.
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

/** For browsers that keep nothing. */
let memory: string | null = null;

/** The next order gets a key of its own: this one is placed, or the key was used for another. */
export function renewOrderKey(): void {
  memory = null;
  try {
    sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // Nothing was kept.
  }
}
