const MINUTE = 60;
const FIRST_DELAY = 30;
const LONGEST_DELAY = 2 * 60 * MINUTE;
const JITTER = 0.25;

/** A mail is given up after this many tries. */
export const MAX_TRIES = 8;

/**
 * Hours after its first try at which a mail is given up. The provider remembers a key for 24
 * hours; a later repetition could reach the person twice.
 */
export const GIVE_UP_AFTER_HOURS = 23;

/**
 * Seconds to wait after failed try number `tries` (from 1): 30, 60, 120 … at most 2 hours, each
 * up to a quarter shorter or longer so that mails that failed together do not return together.
 *
 * @param random in [0, 1), decides the jitter.
 */
export function retryDelaySeconds(tries: number, random: number): number {
  const delay = Math.min(FIRST_DELAY * 2 ** (tries - 1), LONGEST_DELAY);
  return Math.min(delay * (1 - JITTER + 2 * JITTER * random), LONGEST_DELAY);
}

/**
 * Seconds of a `Retry-After` header, which holds seconds or a date; null when it holds neither.
 */
export function parseRetryAfter(value: string | undefined, now: Date): number | null {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  if (!/[a-z]/i.test(text)) return null;
  const until = Date.parse(text);
  return Number.isNaN(until) ? null : Math.max(0, (until - now.getTime()) / 1000);
}

const hoursAfter = (instant: Date, hours: number) => instant.getTime() + hours * 60 * MINUTE * 1000;

/**
 * Why a claimed mail must not be handed over any more, or null. `tries` counts the one that is
 * about to start.
 */
export function exhaustedReason(tries: number, firstTry: Date, now: Date): string | null {
  if (tries > MAX_TRIES) return `Given up after ${MAX_TRIES} tries.`;
  if (tries > 1 && now.getTime() >= hoursAfter(firstTry, GIVE_UP_AFTER_HOURS)) {
    return `Given up ${GIVE_UP_AFTER_HOURS} hours after the first try.`;
  }
  return null;
}

/**
 * When to try again after failed try number `tries`, or why not.
 *
 * @param atLeastSeconds what the provider asked for, if it did.
 * @param random in [0, 1), decides the jitter.
 */
export function planRetry(
  tries: number,
  firstTry: Date,
  now: Date,
  atLeastSeconds: number | null,
  random: number,
): { at: Date } | { giveUp: string } {
  if (tries >= MAX_TRIES) return { giveUp: `Given up after ${MAX_TRIES} tries.` };
  const seconds = Math.max(retryDelaySeconds(tries, random), atLeastSeconds ?? 0);
  const at = new Date(now.getTime() + Math.ceil(seconds * 1000));
  if (!(at.getTime() < hoursAfter(firstTry, GIVE_UP_AFTER_HOURS))) {
    return {
      giveUp: `Given up: the next try would be ${GIVE_UP_AFTER_HOURS} hours after the first.`,
    };
  }
  return { at };
}
