import "server-only";
import { availableParallelism } from "node:os";
import pLimit, { type LimitFunction } from "p-limit";
import { AppError } from "@/lib/errors";

/**
 * An order hashes a password and writes a dozen tables. So many at once use the machine fully; more
 * would only make everybody else wait.
 */
const AT_ONCE = 2 * availableParallelism();
/** A proxy in front gives up after a minute. The same order can be sent again. */
const LONGEST_WAIT_MS = 30_000;

/** The bundles of Next.js load this file more than once in a process. */
const KEY = Symbol.for("referral-rewards.order-turns");
const shared = globalThis as { [KEY]?: LimitFunction };

/**
 * Runs the work when it is its turn, in the order of arrival.
 *
 * @throws AppError `unavailable` when the turn did not come within 30 seconds; nothing was done.
 */
export function inTurn<T>(
  work: () => Promise<T>,
  now: () => number = performance.now.bind(performance),
): Promise<T> {
  shared[KEY] ??= pLimit(AT_ONCE);
  const arrived = now();
  return shared[KEY](() => {
    if (now() - arrived > LONGEST_WAIT_MS) throw new AppError("unavailable");
    return work();
  });
}
