/** Milliseconds that a refused sign-in takes at least. Checking a password takes about 100. */
const REFUSAL_MS = 600;

/**
 * Does something whose failure takes the same time for whatever reason: a failure is answered no
 * earlier than `REFUSAL_MS` after the beginning, so its time does not tell whether an account exists.
 */
export async function withEvenRefusals<T>(
  work: () => Promise<T>,
  timer: { now(): number; wait(ms: number): Promise<void> } = {
    now: () => performance.now(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  },
): Promise<T> {
  const started = timer.now();
  try {
    return await work();
  } catch (error) {
    const left = REFUSAL_MS - (timer.now() - started);
    if (left > 0) await timer.wait(left);
    throw error;
  }
}
