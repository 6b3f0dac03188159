const MINUTE = 60;
const HOUR = 60 * MINUTE;

/**
 * Seconds to wait after each try that was refused for the mail itself. Together they span 22.4
 * hours: what a person has to mend, they can mend within a working day.
 */
const DELAYS = [
  MINUTE,
  5 * MINUTE,
  20 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
] as const satisfies readonly number[];
const LONGEST_DELAY = 12 * HOUR;
const JITTER = 0.1;

/** A mail is given up after this many tries that were refused for the mail itself. */
export const MAX_TRIES = DELAYS.length + 1;

/**
 * Seconds to wait after refused try number `tries` (from 1), up to a tenth shorter, so that mails
 * that failed together do not return together.
 *
 * @param random in [0, 1), decides how much shorter.
 */
export function retryDelaySeconds(tries: number, random: number): number {
  return (DELAYS[tries - 1] ?? LONGEST_DELAY) * (1 - JITTER * random);
}

/**
 * Seconds of a `Retry-After` header, which holds seconds or a date; null when it holds neither.
 */
export function parseRetryAfter(value: string | null, now: Date): number | null {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  if (!/[a-z]/i.test(text)) return null;
  const until = Date.parse(text);
  return Number.isNaN(until) ? null : Math.max(0, (until - now.getTime()) / 1000);
}
