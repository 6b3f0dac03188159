import format, { type CompiledMessage, type FormatOptions } from "icu-minify/format";
import { createElement, Fragment, type ReactNode } from "react";
import { createFormats, type Formats } from "./formats";
import { type PageLanguage, pluralLanguage } from "./languages";
import type { Area, English } from "./messages/en";

/** The texts of one part of the product in one language, ready to be filled in. */
export interface CompiledTexts {
  readonly [key: string]: CompiledMessage | CompiledTexts;
}

type Path<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Path<T[K]>}`;
}[keyof T & string];

/** The keys of an area's texts: `title`, or `signIn.title` where texts are grouped. */
type TextKey<A extends Area> = Path<English[A]>;

/** The values of a text by name. `tests/unit/language-values.test.ts` sees that each call has all. */
type TextValues = Readonly<Record<string, string | number>>;

/** The values of a text with tags: a tag is a function of what stands in it. */
type RichValues = Readonly<Record<string, ReactNode | ((inside: ReactNode) => ReactNode)>>;

/**
 * Words the texts of an area: `texts("key", values)`, or `texts.rich` where a text has tags. Amounts
 * and counts of the same language are `texts.money` and so on.
 */
export interface Texts<A extends Area> extends Formats {
  (key: TextKey<A>, values?: TextValues): string;
  rich(key: TextKey<A>, values: RichValues): ReactNode;
  has(key: string): boolean;
}

type Values = Record<string, unknown>;

const isMessage = (found: unknown): found is CompiledMessage =>
  typeof found === "string" || Array.isArray(found);

function find(texts: CompiledTexts, key: string): CompiledMessage {
  let found: CompiledMessage | CompiledTexts | undefined = texts;
  for (const part of key.split(".")) {
    found = isMessage(found) ? undefined : found?.[part];
  }
  if (!isMessage(found)) throw new Error(`There is no text for ${key}`);
  return found;
}

/** Plural rules and numbers as ICU messages use them. */
function formattersOf(formats: Formats): FormatOptions["formatters"] {
  return {
    getDateTimeFormat: (...given) => new Intl.DateTimeFormat(...given),
    // A message asks it for nothing but the text of a count.
    getNumberFormat: () => ({ format: formats.count }) as unknown as Intl.NumberFormat,
    getPluralRules: (...given) => new Intl.PluralRules(...given),
  };
}

const together = (parts: ReactNode | ReactNode[]): ReactNode =>
  Array.isArray(parts) ? createElement(Fragment, null, ...parts) : parts;

/** The values of a message with tags: what stands in a tag comes as one node. */
function richValues(values: RichValues): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "function" ? (parts: ReactNode[]) => value(together(parts)) : value,
    ]),
  );
}

/**
 * @param texts the area's texts in this language.
 * @param formatTexts the texts of the area `formats` in this language.
 */
export function createTexts<A extends Area>(
  language: PageLanguage,
  texts: CompiledTexts,
  formatTexts: CompiledTexts,
): Texts<A> {
  const plain = (key: string, values?: Values) =>
    format(find(texts, key), pluralLanguage(language), values as never, options);
  const word = (key: string, values?: Values) =>
    format(find(formatTexts, key), pluralLanguage(language), values as never, options) as string;
  const formats = createFormats(language, word);
  const options: FormatOptions = { formatters: formattersOf(formats) };

  const text = (key: string, values?: Values) => plain(key, values) as string;
  const rich = (key: string, values: RichValues) =>
    together(plain(key, richValues(values)) as ReactNode | ReactNode[]);
  const has = (key: string) => {
    try {
      return isMessage(find(texts, key));
    } catch {
      return false;
    }
  };
  return Object.assign(text, { rich, has }, formats) as unknown as Texts<A>;
}
