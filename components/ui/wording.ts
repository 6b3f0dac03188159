import { inWords } from "@/lib/words";

/** How counts and codes are written in sentences. */

const NO_BREAK_SPACE = "\u00a0";
const NUMBERS = new Intl.NumberFormat("en-ZA", { maximumFractionDigits: 0 });

/**
 * A whole number in groups of three digits: `12 345`, with no-break spaces. The separator is set
 * here because servers and browsers differ in the one they know for South Africa.
 */
export const formatCount = (count: number): string =>
  NUMBERS.formatToParts(count)
    .map((part) => (part.type === "group" ? NO_BREAK_SPACE : part.value))
    .join("");

/** A count in digits with its noun: "1 service", "12 345 services". */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A count in words with its noun: "one friend", "two friends". */
export const countInWords = (count: number, one: string, many = `${one}s`): string =>
  `${inWords(count)} ${count === 1 ? one : many}`;

/** "every friend", "every two friends": how many friends earn one free month. */
export const everyFriend = (count: number): string =>
  count === 1 ? "every friend" : `every ${countInWords(count, "friend")}`;

/** A code as words, where it has none of its own: `order_cancelled` is "Order cancelled". */
export function codeInWords(code: string): string {
  const words = code.replaceAll(/[_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
