import compile from "icu-minify/compile";
import type { CompiledMessage } from "icu-minify/format";
import type { PageLanguage } from "./languages";
import { af } from "./messages/af";
import { type Area, en } from "./messages/en";
import { zu } from "./messages/zu";
import { pseudoMessage } from "./pseudo";
import { type CompiledTexts, createTexts, type Texts } from "./translator";

/** All texts in all languages. Browsers get those of their language only, see `ClientTexts`. */
const MESSAGES = { en, af, zu, pseudo: en } as const;

interface MessageTree {
  readonly [key: string]: string | MessageTree;
}

/** A message as plain data: the compiler's objects have no prototype, and no page could hand them on. */
const compileMessage = (text: string): CompiledMessage =>
  JSON.parse(JSON.stringify(compile(text))) as CompiledMessage;

function compileTree(tree: MessageTree, finish: (message: CompiledMessage) => CompiledMessage) {
  const compiled: Record<string, CompiledMessage | CompiledTexts> = {};
  for (const [key, value] of Object.entries(tree)) {
    compiled[key] =
      typeof value === "string" ? finish(compileMessage(value)) : compileTree(value, finish);
  }
  return compiled;
}

const compiled = new Map<string, CompiledTexts>();

/** The texts of an area, compiled once per process. */
export function compiledTexts(language: PageLanguage, area: Area): CompiledTexts {
  const name = `${language} ${area}`;
  const known = compiled.get(name);
  if (known) return known;
  // Months and numbers are lists of words, which marks would break.
  const isMarked = language === "pseudo" && area !== "formats";
  const made = compileTree(MESSAGES[language][area], isMarked ? pseudoMessage : (same) => same);
  compiled.set(name, made);
  return made;
}

const ready = new Map<string, unknown>();

/** Words the texts of an area in a language. */
export function textsIn<A extends Area>(language: PageLanguage, area: A): Texts<A> {
  const name = `${language} ${area}`;
  const made =
    ready.get(name) ??
    createTexts<A>(language, compiledTexts(language, area), compiledTexts(language, "formats"));
  ready.set(name, made);
  return made as Texts<A>;
}
