/** The languages in which the public pages and the customer's pages are written. */
export const LANGUAGES = ["en", "af", "zu"] as const;
export type Language = (typeof LANGUAGES)[number];

/**
 * The language of a page: one of those above, or one for tests in which every text of the catalogue
 * is longer and marked, so that any other text stands out.
 */
export type PageLanguage = Language | "pseudo";

/** What a language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  af: "Afrikaans",
  zu: "isiZulu",
};

const TAGS: Readonly<Record<PageLanguage, string>> = {
  en: "en-ZA",
  af: "af-ZA",
  zu: "zu-ZA",
  pseudo: "en-ZA",
};

/** The language as HTML names it: `af-ZA`. */
export const languageTag = (language: PageLanguage): string => TAGS[language];

/** The language whose plural rules apply. */
export const pluralLanguage = (language: PageLanguage): Language =>
  language === "pseudo" ? "en" : language;

export const isLanguage = (value: unknown): value is Language =>
  (LANGUAGES as readonly unknown[]).includes(value);

export const isPageLanguage = (value: unknown): value is PageLanguage =>
  value === "pseudo" || isLanguage(value);

/** The cookie with the language that a visitor has chosen. */
export const LANGUAGE_COOKIE = "language";

/** So long the choice is remembered. */
export const LANGUAGE_COOKIE_SECONDS = 365 * 24 * 60 * 60;

interface Wish {
  language: string;
  weight: number;
}

function readWish(part: string): Wish {
  const [range = "", ...parameters] = part
    .trim()
    .toLowerCase()
    .split(/\s*;\s*/);
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { language: range.split("-", 1)[0] ?? "", weight: Number.isFinite(weight) ? weight : 0 };
}

/**
 * The first of our languages that an `Accept-Language` header asks for; English when it asks for none.
 * A header of a browser is short, so the rest of a long one is not read.
 */
export function acceptedLanguage(header: string | null | undefined): Language {
  const wishes = (header ?? "")
    .slice(0, 500)
    .split(",")
    .map(readWish)
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  return wishes.map(({ language }) => language).find(isLanguage) ?? "en";
}
