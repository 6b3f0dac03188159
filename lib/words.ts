const WORDS = "no one two three four five six seven eight nine ten".split(" ");

/** A small whole number in words, e.g. "two"; digits above ten. */
export const inWords = (count: number): string => WORDS[count] ?? String(count);
