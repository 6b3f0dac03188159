import { AppError } from "@/lib/errors";

/** Milliseconds between tries while the database is away: about a minute in all. */
const OUTAGE_DELAYS = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, 8_000, 8_000];

/** Waits; ends early, without an error, when the signal says so. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}

/**
 * Repeats a call while the database is away, for jobs: nobody waits for them. Only for calls that
 * may be carried out twice, since an answer can get lost after the work was done.
 * @throws what the call throws; `unavailable` after about a minute, or once the signal is aborted.
 */
export async function patiently<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const delay of OUTAGE_DELAYS) {
    try {
      return await call();
    } catch (error) {
      const away = error instanceof AppError && error.code === "unavailable";
      if (!away || signal?.aborted) throw error;
      await pause(delay, signal);
    }
  }
  return call();
}
