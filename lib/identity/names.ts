import { z } from "zod";
import { sentences } from "@/lib/language/messages/en/sentences";
import { sentence } from "@/lib/language/sentence";

/** The longest first or last name, in characters. */
const LONGEST_NAME = 50;
/** A name of more words is a sentence. */
const MOST_WORDS = 6;
/** How much of a name other people are shown, in characters as readers count them. */
export const DISPLAY_NAME_LENGTH = 20;

/**
 * Characters that no text of a person may hold: control characters, separators of lines and
 * paragraphs, and marks that change the direction of the text around them.
 */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Whether a text holds a character that cannot be shown safely. For names and address lines. */
export const hasUnshowableCharacter = (text: string): boolean => UNSHOWABLE.test(text);

/**
 * Letters and marks of every script, spaces, hyphens, apostrophes, and the middle dots of Catalan
 * and of names written in Chinese and Japanese. Joiners and variation selectors belong to letters.
 * A full stop only ends an initial or an abbreviation (see `BROKEN`), and 〇 is a Chinese letter
 * for names.
 */
const ALLOWED =
  /^(?:[\p{L}\p{M}\p{Nl}\p{Zs}\p{Pd}'’‘`´.·・\p{Variation_Selector}]|\u200c|\u200d)*$/u;
/** Takes no room although it counts as a letter or a mark. */
const INVISIBLE =
  /(?!\u200c|\u200d|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}|\ufffc|\ufffd/u;
const LETTER = /\p{L}|\u3007/u;
/** A full stop inside a word makes an address; more than one in a row, or one alone, a sentence. */
const BROKEN = /\.[^\p{Zs}\p{Pd}]|(?:^|[\p{Zs}\p{Pd}])\./u;
/** Initials written without spaces: J.P. or J.R.R. */
const INITIALS =
  /(?<![\p{L}\p{M}.])(?:\p{L}\p{M}*\.)+(?=$|[\p{Zs}\p{Pd}]|\p{L}\p{M}*(?:$|[\p{Zs}\p{Pd}]))/gu;
/**
 * An abbreviation has at most four letters and is the first or the last word (St. John, Davis Jr.).
 * Any other word before a full stop ends a sentence.
 */
const SENTENCE_END = /[\p{L}\p{M}]{5,}\.|\p{Zs}\p{L}\p{M}*\p{L}[\p{L}\p{M}]*\.\p{Zs}/u;
/** No script stacks more marks on one letter. */
const STACKED_MARKS = /\p{M}{5,}/u;

const MESSAGES = {
  unshowable: sentences.unusableCharacter,
  digits: sentences.nameDigits,
  characters: sentences.nameCharacters,
  noLetter: sentences.nameLetter,
  tooLong: sentence("keepWithin", { max: LONGEST_NAME }),
  sentence: sentences.nameOnly,
} as const;

/**
 * Why a trimmed text is no name of a person, as a sentence for people; null for a name. A name has a
 * visible letter of any script, and no digits, addresses or sentences: names appear on our pages
 * and in our mails, and nobody may write messages there. An empty text is for the caller to judge.
 */
export function nameProblem(name: string): string | null {
  if (UNSHOWABLE.test(name) || INVISIBLE.test(name) || !name.isWellFormed()) {
    return MESSAGES.unshowable;
  }
  if (/[\p{Nd}\p{No}]/u.test(name)) return MESSAGES.digits;
  if (!ALLOWED.test(name) || STACKED_MARKS.test(name)) return MESSAGES.characters;
  if (!LETTER.test(name)) return MESSAGES.noLetter;
  if ([...name].length > LONGEST_NAME) return MESSAGES.tooLong;
  if (name.split(/\p{Zs}+/u).length > MOST_WORDS) return MESSAGES.sentence;
  if (BROKEN.test(name.replace(INITIALS, "")) || SENTENCE_END.test(name)) return MESSAGES.sentence;
  return null;
}

/** A first or last name that has to be filled in. Trimmed, and runs of spaces become one. */
export const personName = (missing: string) =>
  z
    .string({ error: missing })
    .trim()
    .min(1, missing)
    // Bounds the work of the checks below.
    .max(4 * LONGEST_NAME, MESSAGES.tooLong)
    .transform((value) => value.replace(/\p{Zs}+/gu, " "))
    .superRefine((value, context) => {
      const problem = nameProblem(value);
      if (problem) context.addIssue({ code: "custom", message: problem });
    });

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * The first characters of a text, as readers count them: no letter loses its marks and no emoji is
 * cut. A text that was cut ends in an ellipsis, which counts.
 */
export function shorten(text: string, longest: number): string {
  // A mark counts with its letter, so a piece of this length holds enough characters or is hostile.
  const pieces = Array.from(graphemes.segment(text.slice(0, longest * 16)), (one) => one.segment);
  if (pieces.length <= longest && text.length <= longest * 16) return text;
  return `${pieces
    .slice(0, longest - 1)
    .join("")
    .trimEnd()}…`;
}

/** A person's name as other people are shown it: one line of at most 20 characters. */
export const displayName = (name: string): string =>
  shorten(
    name
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu, " ")
      .replace(/\p{Bidi_Control}/gu, "")
      .toWellFormed()
      .trim(),
    DISPLAY_NAME_LENGTH,
  );
