import { type Cents, formatMoney } from "@/lib/money";
import { formatCount } from "@/lib/words";
import type { PageLanguage } from "./languages";

/** A text of the area `formats`. */
export type Word = (key: string, values?: Record<string, unknown>) => string;

/** Amounts, counts and lists in one language. Dates are in `./dates`. */
export interface Formats {
  readonly language: PageLanguage;
  readonly word: Word;
  /** `R 1 234.50` from integer cents. The provider's documents write amounts alike in each language. */
  money(cents: Cents, currency?: string): string;
  /** `12 345`. */
  count(count: number): string;
  /** A small whole number in words, e.g. "two"; digits above ten. */
  inWords(count: number): string;
  /** Items as one phrase: "Thandi M., Sipho K. and Lerato D.". */
  list(items: readonly string[]): string;
}

export function createFormats(language: PageLanguage, word: Word): Formats {
  return {
    language,
    word,
    money: formatMoney,
    count: formatCount,
    inWords: (count) => word("numbers").split(" ")[count] ?? String(count),
    list(items) {
      const last = items.at(-1) ?? "";
      if (items.length < 2) return last;
      return word("list", { items: items.slice(0, -1).join(", "), last });
    },
  };
}
