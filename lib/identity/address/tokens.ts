import { foldText } from "../look-alikes";
import {
  CAPITAL_TYPES,
  CORNER_WORDS,
  JOINED_TYPES,
  NAME_WORDS,
  NOTE_PAIRS,
  NOTE_WORDS,
  NUMBERED_NOTES,
  NUMBERED_TYPES,
  ORDINAL_WORDS,
  STREET_TYPES,
  TENS,
  TITLES,
  UNIT_WORDS,
  WEAK_STREET_TYPES,
} from "./tables";

/**
 * Tokens are lower-case words and numbers. Numbers have no leading zeros; `12a` is one token, and
 * so are a range `12-14` and a fraction `4/12`. An ordinal is `#4`, whatever its spelling.
 */
export type Token = string;

const NUMBER = /^\d+[a-z]?(?:-\d+[a-z]?)?$/;
const LETTERED = /^[a-z]\d+[a-z]?$/;
const digitAt = (token: Token, at: number): boolean => {
  const point = token.charCodeAt(at);
  return point >= 48 && point <= 57;
};

export const isNumber = (token: Token | undefined): token is Token =>
  token !== undefined && digitAt(token, 0) && NUMBER.test(token);
export const isLetter = (token: Token | undefined): token is Token =>
  token !== undefined && token.length === 1 && token >= "a" && token <= "z";
/** `a32`: a lettered unit, or a house number with its letter in front. */
export const isLettered = (token: Token | undefined): token is Token =>
  token !== undefined && digitAt(token, 1) && LETTERED.test(token);
export const isWord = (token: Token | undefined): token is Token =>
  token !== undefined &&
  !(digitAt(token, 0) && NUMBER.test(token)) &&
  !(digitAt(token, 1) && LETTERED.test(token)) &&
  !token.includes("/");
export const streetType = (token: Token | undefined): string | undefined =>
  token === undefined ? undefined : (STREET_TYPES.get(token) ?? WEAK_STREET_TYPES.get(token));

const UNIT_PATTERN = [...UNIT_WORDS, "u", "no", "nr"].join("|");
const UNIT_BEFORE = new RegExp(`\\b(?:${UNIT_PATTERN})(?: no)? ?[a-z]?\\d*[a-z]?$`);
const JOINED_LABEL = new RegExp(
  `^(${[
    ...UNIT_WORDS,
    ..."u no nr block blok blk bldg building tower floor level fl house huis phase ext zone".split(
      " ",
    ),
  ]
    .sort((a, b) => b.length - a.length)
    .join("|")})(\\d+[a-z]?)$`,
);
const JOINED_LETTER = /^(block|blok|blk|bldg|unit|flat)([a-z])$/;

const CAPITAL_TYPE = new RegExp(`(\\p{Ll}{3})(${CAPITAL_TYPES})(?!\\p{L})`, "gu");
/** Ten digits of a South African number, or more with its country, in any groups. */
const PHONE_NUMBER = /(?<![\d/])(?:\+?27|0)(?:[ -]?\d){9}(?!\d)/g;
/** `d.f. malan`: two letters or more, each with its full stop. */
const INITIALS = /\b(?:[a-z]\. ?){2,}/g;

/** Spaces, signs and punctuation of one folded line, so that only separators remain as commas. */
function punctuate(line: string): string {
  return foldText(line.replace(CAPITAL_TYPE, "$1 $2"))
    .replace(/['’`´"“”]/g, "")
    .replace(PHONE_NUMBER, ",")
    .replace(INITIALS, (initials) => `${initials.replace(/[^a-z]/g, "")} `)
    .replace(/\.(?=[a-z])/g, " ")
    .replace(/\./g, "")
    .replace(/(?:№|#|\bn[°º])/g, " no ")
    .replace(/(\d)\s*&\s*(?=\d+[a-z]? [a-z])/g, "$1-")
    .replace(/[&+]/g, " and ")
    .replace(/\b(\d+)(?!st|nd|rd|th|ste|de)([a-z]{3,})/g, "$1 $2")
    .replace(/\s*[/\\]\s*/g, "/")
    .replace(/[\p{Pd}\u2212]/gu, "-")
    .replace(/(?:\/| *-+ *)(?=\d+(?:st|nd|rd|th|ste|de)\b)/g, ",")
    .replace(/ +-+ +/g, (dash, at: number, whole: string) => {
      const isRange =
        /\d$/.test(whole.slice(0, at)) &&
        /^\d/.test(whole.slice(at + dash.length)) &&
        !UNIT_BEFORE.test(whole.slice(0, at));
      return isRange ? "-" : ",";
    })
    .replace(/\b([a-z])-(?=\d)/g, "$1")
    .replace(/(\d)-(?=[a-z]\b)/g, "$1")
    .replace(/(?<!\d[a-z]?)-|-(?!\d)/g, " ")
    .replace(/[()[\]{};|\n\r•·]/g, ",")
    .replace(/[^\p{L}\p{N},/-]+/gu, " ");
}

/** `kerkstraat` as `kerk straat`; not in front of another street word. */
function splitJoined(token: Token, next: Token | undefined): Token[] {
  if (!/^[a-z]{6,}$/.test(token)) return [token];
  if (next !== undefined && streetType(next) !== undefined) return [token];
  for (const [suffix, type] of JOINED_TYPES) {
    if (token.endsWith(suffix) && token.length >= suffix.length + 3) {
      return [token.slice(0, -suffix.length), type];
    }
  }
  return [token];
}

const ordinalSuffix = (n: number): string =>
  n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");

/** Joins what makes one ordinal: `4th`, `4de`, `fourth`, `twenty first`, `1 st avenue`. */
function readOrdinals(tokens: Token[]): Token[] {
  const read: Token[] = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? "";
    const next = tokens[i + 1];
    const digits = /^(\d+)(st|nd|rd|th|ste|de|e)$/.exec(token);
    const tens = TENS.get(token);
    const unit = next === undefined ? undefined : ORDINAL_WORDS.get(next);
    if (digits?.[1] && (digits[2] !== "e" || streetType(next) !== undefined)) {
      read.push(`#${Number(digits[1])}`);
    } else if (tens !== undefined && unit !== undefined && unit < 10) {
      read.push(`#${tens + unit}`);
      i += 1;
    } else if (ORDINAL_WORDS.has(token)) {
      read.push(`#${ORDINAL_WORDS.get(token)}`);
    } else if (
      /^\d+$/.test(token) &&
      next === ordinalSuffix(Number(token)) &&
      streetType(tokens[i + 2]) !== undefined
    ) {
      read.push(`#${Number(token)}`);
      i += 1;
    } else {
      read.push(token);
    }
  }
  return read;
}

/** Titles and short forms in full: `st james` as `saint james`, `gen hertzog` as `general hertzog`. */
function readNames(tokens: Token[]): Token[] {
  return tokens.map((token, at) => {
    const title = TITLES.get(token);
    const before = tokens[at - 1];
    const next = tokens[at + 1];
    if (
      title !== undefined &&
      isWord(next) &&
      streetType(next) === undefined &&
      (before === undefined ||
        !isWord(before) ||
        isLetter(before) ||
        streetType(before) !== undefined)
    ) {
      return title;
    }
    return NAME_WORDS.get(token) ?? token;
  });
}

/** Initials as one word: `d f malan` as `df malan`. */
function joinInitials(tokens: readonly Token[]): Token[] {
  const read: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    let end = at;
    while (isLetter(tokens[end])) end += 1;
    const next = tokens[end];
    const areInitials = end - at > 1 && isWord(next) && streetType(next) === undefined;
    if (areInitials) read.push(tokens.slice(at, end).join(""));
    else read.push(tokens[at] ?? "");
    if (areInitials) at = end - 1;
  }
  return read;
}

const PLAIN_NUMBER = /^\d+$/;

/**
 * Streets whose name is a number: `road 706` as `#706 road`, as the 706th road would be; `ny 101`,
 * the native yards of Gugulethu, as one word.
 */
function readNumberedStreets(tokens: readonly Token[]): Token[] {
  const read: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? "";
    const next = tokens[at + 1] ?? "";
    const before = tokens[at - 1];
    const isNumbered = PLAIN_NUMBER.test(next) && (before === undefined || !isWord(before));
    if (isNumbered && token === "ny") {
      read.push(`ny${next}`);
      at += 1;
    } else if (isNumbered && NUMBERED_TYPES.has(token)) {
      read.push(`#${next}`, STREET_TYPES.get(token) ?? token);
      at += 1;
    } else {
      read.push(token);
    }
  }
  return read;
}

/**
 * `corner main road and church street` as one word of both names, in the order of the alphabet.
 * A corner beside a street with its number says nothing more.
 */
function readCorner(tokens: readonly Token[]): Token[] {
  const at = tokens.findIndex((token) => CORNER_WORDS.has(token));
  if (at < 0) return [...tokens];
  const before = tokens.slice(0, at);
  if (before.some(isNumber) && before.some((token) => streetType(token) !== undefined))
    return before;
  const names = tokens
    .slice(at + 1)
    .join(" ")
    .split(/ (?:and|en) /)
    .map((name) => name.split(" ").filter((t) => !["of", "van", "the", "die"].includes(t)))
    .map((name) => (streetType(name.at(-1)) === undefined ? name : name.slice(0, -1)));
  const isCorner =
    names.length === 2 && names.every((name) => name.length > 0 && name.every(isWord));
  if (!isCorner) return before.length > 0 ? before : tokens.slice(at + 1);
  return [
    ...before,
    names
      .map((name) => name.join(""))
      .sort()
      .join("+"),
  ];
}

const withoutZeros = (token: Token): Token => token.replace(/(?<!\d)0+(?=\d)/g, "");

/** Cuts a part where a note begins. */
function withoutNote(raw: string[]): string[] {
  const at = raw.findIndex((token, i) => {
    const next = raw[i + 1] ?? "";
    if (token === "c/o" && i === 0) return !raw.some((t) => t === "and" || t === "en");
    return (
      NOTE_WORDS.has(token) ||
      NOTE_PAIRS.has(`${token}-${next}`) ||
      (NUMBERED_NOTES.has(token) && /^\d/.test(next))
    );
  });
  return at < 0 ? raw : raw.slice(0, at);
}

/**
 * The comma-separated parts of address lines as tokens. `postalCode`, padded, is dropped where it
 * ends a part.
 */
export function tokenise(lines: readonly string[], postalCode = ""): Token[][] {
  return lines
    .flatMap((line) => punctuate(line).split(","))
    .map((part) => {
      let raw = withoutNote(part.split(" ").filter(Boolean));
      while (postalCode.length > 3 && raw.at(-1) === postalCode) raw = raw.slice(0, -1);
      const split = raw.flatMap((token, at) => {
        const pattern = /\d/.test(token) ? JOINED_LABEL : JOINED_LETTER;
        const label = pattern.exec(token);
        if (label?.[1] && label[2]) return [label[1] === "u" ? "unit" : label[1], label[2]];
        if (token === "u" && /^\d/.test(raw[at + 1] ?? "")) return ["unit"];
        return splitJoined(token, raw[at + 1]);
      });
      const tokens = joinInitials(readOrdinals(split.map(withoutZeros)));
      return readCorner(readNumberedStreets(readNames(tokens)));
    })
    .filter((tokens) => tokens.length > 0);
}
