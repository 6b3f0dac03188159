import { textsIn } from "./catalogue";
import type { PageLanguage } from "./languages";
import { errors } from "./messages/en/errors";
import { sentences } from "./messages/en/sentences";

/** Sentences about failed requests in the language of the page that shows them. */

type Say = (language: PageLanguage) => string;

const FIXED = new Map<string, Say>();
const PATTERNS: {
  pattern: RegExp;
  say: (language: PageLanguage, match: RegExpExecArray) => string;
}[] = [];

for (const key of Object.keys(errors) as (keyof typeof errors)[]) {
  FIXED.set(errors[key], (language) => textsIn(language, "errors")(key));
}
for (const key of Object.keys(sentences) as (keyof typeof sentences)[]) {
  const english: string = sentences[key];
  const words = (language: PageLanguage, values?: Record<string, string>) =>
    (textsIn(language, "sentences") as (key: string, values?: Record<string, string>) => string)(
      key,
      values,
    );
  if (!english.includes("{")) {
    FIXED.set(english, (language) => words(language));
    continue;
  }
  const source = english
    .split(/\{(\w+)\}/)
    .map((part, index) =>
      index % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : `(?<${part}>.+)`,
    )
    .join("");
  const pattern = new RegExp(`^${source}$`);
  PATTERNS.push({ pattern, say: (language, match) => words(language, match.groups) });
}

/**
 * A sentence that code threw in English, in another language. What is no sentence of the catalogue
 * stays as it is.
 */
export function sentenceIn(language: PageLanguage, english: string): string {
  if (language === "en") return english;
  const fixed = FIXED.get(english);
  if (fixed) return fixed(language);
  for (const { pattern, say } of PATTERNS) {
    const match = pattern.exec(english);
    if (match) return say(language, match);
  }
  return english;
}

/** All sentences of a failure, beside the fields and for the whole. */
export function failureIn<
  F extends { message: string; fields?: Readonly<Record<string, string>> | undefined },
>(language: PageLanguage, failure: F): { message: string; fields: F["fields"] } {
  const { message, fields } = failure;
  return {
    message: sentenceIn(language, message),
    fields:
      fields &&
      Object.fromEntries(
        Object.entries(fields).map(([name, said]) => [name, sentenceIn(language, said)]),
      ),
  };
}
