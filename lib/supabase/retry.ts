import { AppError } from "@/lib/errors";

/** A job gives up when the database does not answer, or a lock is held, for this long. */
const GIVE_UP_AFTER_MS = 60_000;
/** The wait between two tries is doubled each time, up to the longest. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8_000;

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
 * Repeats a call while the database is unavailable. For jobs, because nobody waits for their answer.
 * Only for calls that may be carried out twice: an answer can get lost after the work was done.
 * @throws what the call throws; `unavailable` after about a minute, or once the signal is aborted.
 */
export async function retryWhileUnavailable<T>(
  call: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const started = performance.now();
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
    try {
      return await call();
    } catch (error) {
      const isUnavailable = error instanceof AppError && error.code === "unavailable";
      const isLate = performance.now() - started + delay > GIVE_UP_AFTER_MS;
      if (!isUnavailable || isLate || signal?.aborted) throw error;
    }
    await pause(delay, signal);
  }
}
