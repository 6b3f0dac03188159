import type { RateLimit } from "@/lib/http/rate-limit";

/** So often it is tried. Each try needs a new end of a window in its midst to be in vain. */
const TRIES = 3;

/**
 * Counts requests against a limit. Limits count in fixed windows, so a count in whose midst a window
 * ended says nothing: when it failed, it is made again. `count` must begin with a subject of its own,
 * or with an empty table.
 */
export async function inOneWindow<T>(
  { windowSeconds }: Pick<RateLimit, "windowSeconds">,
  count: () => Promise<T>,
): Promise<T> {
  const window = () => Math.floor(Date.now() / 1000 / windowSeconds);
  for (let tries = 1; ; tries += 1) {
    const began = window();
    try {
      return await count();
    } catch (error) {
      if (window() === began || tries === TRIES) throw error;
    }
  }
}
