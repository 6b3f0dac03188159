const WORDS = "no one two three four five six seven eight nine ten".split(" ");
const NO_BREAK_SPACE = "\u00a0";
const NUMBERS = new Intl.NumberFormat("en-ZA", { maximumFractionDigits: 0 });

/** A small whole number in words, e.g. "two"; digits above ten. */
export const inWords = (count: number): string => WORDS[count] ?? String(count);

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

/** Items as one phrase: "Thandi M., Sipho K. and Lerato D.". */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length > 1 ? `${items.slice(0, -1).join(", ")} and ${last}` : last;
}
