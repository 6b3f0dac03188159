import { foldText } from "../look-alikes";
import {
  JOINED_TYPES,
  NAME_WORDS,
  NOTE_PAIRS,
  NOTE_WORDS,
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

/** Spaces, signs and punctuation of one folded line, so that only separators remain as commas. */
function punctuate(line: string): string {
  return foldText(line)
    .replace(/['’`´"“”]/g, "")
    .replace(/\.(?=[a-z])/g, " ")
    .replace(/\./g, "")
    .replace(/(?:№|#|\bn[°º])/g, " no ")
    .replace(/[&+]/g, " and ")
    .replace(/\s*[/\\]\s*/g, "/")
    .replace(/\/(?=\d+(?:st|nd|rd|th|ste|de)\b)/g, ",")
    .replace(/[\p{Pd}\u2212]/gu, "-")
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
    .replace(/[()[\]{};|\n\r\t•·]/g, ",")
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

const withoutZeros = (token: Token): Token => token.replace(/(?<!\d)0+(?=\d)/g, "");

/** Cuts a part where a note begins. */
function withoutNote(raw: string[]): string[] {
  const at = raw.findIndex(
    (token, i) => NOTE_WORDS.has(token) || NOTE_PAIRS.has(`${token}-${raw[i + 1] ?? ""}`),
  );
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
      return readNames(readOrdinals(split.map(withoutZeros)));
    })
    .filter((tokens) => tokens.length > 0);
}
