/** The invitation as the browser keeps it beside the cookie, for when the cookie gets lost. */
const KEY = "referral";
const DAY_MS = 86_400_000;

interface StoredInvitation {
  code: string;
  /** Milliseconds since 1970. */
  savedAt: number;
}

function read(): StoredInvitation | null {
  const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
  if (typeof value !== "object" || value === null) return null;
  if (!("code" in value) || typeof value.code !== "string" || value.code.length > 64) return null;
  if (!("savedAt" in value) || typeof value.savedAt !== "number") return null;
  return { code: value.code, savedAt: value.savedAt };
}

/** Storage can be switched off or full; the cookie does without it. */
function quietly<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Keeps the invitation; one that is known already keeps its age. */
export function storeInvitation(code: string): void {
  quietly(() => {
    if (quietly(read)?.code === code) return;
    const value: StoredInvitation = { code, savedAt: Date.now() };
    localStorage.setItem(KEY, JSON.stringify(value));
  });
}

/** The code that was kept, unless it is older than `days`. */
export function storedCode(days: number): string | null {
  const stored = quietly(read);
  if (!stored) return null;
  if (Date.now() - stored.savedAt <= days * DAY_MS) return stored.code;
  forgetInvitation();
  return null;
}

/** Once the order is placed, or the code turned out not to work. */
export function forgetInvitation(): void {
  quietly(() => localStorage.removeItem(KEY));
}
