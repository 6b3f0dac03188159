const WORDS = "no one two three four five six seven eight nine ten".split(" ");

/** A small whole number in words, e.g. "two"; digits above ten. */
export const inWords = (count: number): string => WORDS[count] ?? String(count);

/** A count in digits with its noun: `1 day`, `30 days`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
