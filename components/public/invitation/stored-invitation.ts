import { DAY_MS } from "@/lib/day-length";

/** The invitation in localStorage, in case the cookie gets lost. */
export const INVITATION_KEY = "referral";

interface StoredInvitation {
  code: string;
  /** Milliseconds since 1970. */
  savedAt: number;
}

function read(): StoredInvitation | null {
  const value: unknown = JSON.parse(localStorage.getItem(INVITATION_KEY) ?? "null");
  if (typeof value !== "object" || value === null) return null;
  if (!("code" in value) || typeof value.code !== "string" || value.code.length > 64) return null;
  if (!("savedAt" in value) || typeof value.savedAt !== "number") return null;
  return { code: value.code, savedAt: value.savedAt };
}

/** Storage can be switched off or full. Then only the cookie is used. */
function withoutFailing<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Keeps the invitation. One that is kept already keeps its age, unless its days start `anew`. */
export function storeInvitation(code: string, { anew }: { anew: boolean }): void {
  withoutFailing(() => {
    if (!anew && withoutFailing(read)?.code === code) return;
    const value: StoredInvitation = { code, savedAt: Date.now() };
    localStorage.setItem(INVITATION_KEY, JSON.stringify(value));
  });
}

/** The code that was kept; null when it is older than `days`. */
export function storedCode(days: number): string | null {
  const stored = withoutFailing(read);
  if (!stored) return null;
  if (Date.now() - stored.savedAt <= days * DAY_MS) return stored.code;
  forgetInvitation();
  return null;
}

/** Call it once an order was recorded with the invitation, or when its days are over. */
export function forgetInvitation(): void {
  withoutFailing(() => localStorage.removeItem(INVITATION_KEY));
}
