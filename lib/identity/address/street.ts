import {
  COMPLEX_LIKE_SUBURBS,
  COMPLEX_WORDS,
  DIRECTIONS,
  FILLERS,
  STREET_TYPES,
  WEAKNESS,
} from "./tables";
import { isLetter, isLettered, isNumber, isWord, streetType, type Token } from "./tokens";
import type { Chunk } from "./units";

/** A run of tokens that can be the street of an address. */
export interface StreetReading {
  chunk: Chunk;
  /** Positions in the chunk: from the first token of the street to behind its last. */
  from: number;
  to: number;
  /** Words of the name without the street word; never joined. */
  name: Token[];
  /** `road`, `court`; empty when the street word is missing. */
  type: string;
  /** `west` of "Church Street West"; empty without one. */
  direction: string;
  number: string | null;
  /** A number in front of the house number: `4 12 main road`. */
  unit: string | null;
  score: number;
}

const MAX_NAME_WORDS = 4;
/** Titles, with which the name of a street begins. */
const LEADING_WORDS: ReadonlySet<string> = new Set(
  "saint doctor general president professor captain colonel commandant admiral".split(" "),
);
/** Their names are those of complexes more often than of streets. */
const COMPLEX_TYPES: ReadonlySet<string> = new Set(["terrace", "place", "square", "mews", "court"]);

function scoreOf(token: Token | undefined, type: string, hasNumber: boolean): number {
  if (token !== undefined && STREET_TYPES.has(token)) return hasNumber ? 1000 : 600;
  const weakness = WEAKNESS.indexOf(type);
  const base = hasNumber ? (COMPLEX_TYPES.has(type) ? 150 : 500) : 120;
  return base - weakness;
}

/** The house number in front of a name that starts at `start`, with what stands before it. */
function numberBefore(tokens: readonly Token[], start: number) {
  const token = tokens[start - 1];
  if (isNumber(token)) {
    const unit = tokens[start - 2];
    const isUnit = isNumber(unit) || isLettered(unit) || (isLetter(unit) && start === 2);
    return { number: token, unit: isUnit ? unit : null, from: start - (isUnit ? 2 : 1) };
  }
  if (isLettered(token)) return { number: token, unit: null, from: start - 1 };
  return null;
}

/** Whether the number behind one street word is the house number of the street that follows it. */
function belongsToNext(tokens: readonly Token[], at: number, number: number): boolean {
  const start = isLetter(tokens[number + 1]) ? number + 2 : number + 1;
  const next = tokens.findIndex((token, i) => i > start && streetType(token) !== undefined);
  if (next < 0 || isNumber(tokens[next + 1]) || !tokens.slice(start, next).every(isWord)) {
    return false;
  }
  const score = (i: number) => scoreOf(tokens[i], streetType(tokens[i]) ?? "", true);
  return score(next) >= score(at);
}

/** Where the name in front of a street word begins. */
function nameStart({ tokens, besideUnit }: Chunk, at: number, floor: number): number {
  let start = at;
  while (start > floor && at - start < MAX_NAME_WORDS && isWord(tokens[start - 1])) {
    // "Acacia Gardens Malherbe Avenue": the name of the complex ends at its word.
    if (start < at && start - 1 > floor && COMPLEX_WORDS.has(tokens[start - 1] ?? "")) break;
    start -= 1;
    // "The Willows 5th Avenue", "The Willows General Hertzog Road".
    const first = tokens[start] ?? "";
    if (besideUnit && (first.startsWith("#") || LEADING_WORDS.has(first))) break;
  }
  // "12 A General Hertzog Road".
  if (isLetter(tokens[start - 1]) && isNumber(tokens[start - 2])) start -= 1;
  return start;
}

/** Every reading of a chunk with a street word in it. */
function typedReadings(chunk: Chunk): StreetReading[] {
  const { tokens } = chunk;
  const readings: StreetReading[] = [];
  let floor = 0;
  for (let at = 1; at < tokens.length; at += 1) {
    const type = streetType(tokens[at]);
    if (type === undefined || at === floor) continue;
    // "Court Road": the last of several street words counts.
    if (streetType(tokens[at + 1]) !== undefined) continue;
    const start = nameStart(chunk, at, floor);
    if (start === at) continue;
    let name = tokens.slice(start, at);
    let before = numberBefore(tokens, start);
    // "12 a main road": the letter belongs to the number.
    if (before && name.length > 1 && isLetter(name[0]) && /^\d+$/.test(before.number)) {
      before = { ...before, number: `${before.number}${name[0]}` };
      name = name.slice(1);
    }
    let to = at + 1;
    let direction = "";
    const next = tokens[to];
    if (next && DIRECTIONS.has(next) && (to + 1 === tokens.length || isNumber(tokens[to + 1]))) {
      direction = next;
      to += 1;
    }
    let number = before?.number ?? null;
    const isNumbered = isNumber(tokens[to]) || isLettered(tokens[to]);
    if (before === null && isNumbered && !belongsToNext(tokens, at, to)) {
      number = tokens[to] ?? null;
      to += 1;
      if (number && /^\d+$/.test(number) && isLetter(tokens[to])) {
        number = `${number}${tokens[to]}`;
        to += 1;
      }
    }
    const from = before?.from ?? start;
    const unit = before?.unit ?? null;
    const score = scoreOf(tokens[at], type, number !== null);
    readings.push({ chunk, from, to, name, type, direction, number, unit, score });
    floor = to;
  }
  return readings;
}

export const endsComplex = (word: Token): boolean =>
  COMPLEX_WORDS.has(word) || streetType(word) !== undefined;

export const isSuburbName = (words: readonly Token[]): boolean =>
  COMPLEX_LIKE_SUBURBS.has(words.join(""));

export const isComplexName = (words: readonly Token[]): boolean =>
  words.length > 1 &&
  !isSuburbName(words) &&
  (words[0] === "the" || words[0] === "die" || endsComplex(words.at(-1) ?? ""));

/** A chunk without a street word: a number and a name, or a name. */
function plainReading(chunk: Chunk): StreetReading | null {
  const { tokens } = chunk;
  const start = tokens.findIndex(isWord);
  if (start < 0) return null;
  let end = start;
  while (end < tokens.length && isWord(tokens[end])) end += 1;
  let name = tokens.slice(start, end);
  let before = numberBefore(tokens, start);
  if (before && name.length > 1 && isLetter(name[0]) && /^\d+$/.test(before.number)) {
    before = { ...before, number: `${before.number}${name[0]}` };
    name = name.slice(1);
  }
  const after = before === null && end === tokens.length - 1 ? tokens[end] : undefined;
  const number = before?.number ?? (isNumber(after) || isLettered(after) ? after : null);
  const isComplex = isComplexName(name);
  const score = number === null ? (isComplex ? 5 : 1) : isComplex ? 100 : 200;
  return {
    chunk,
    from: before?.from ?? start,
    to: after !== undefined && number === after ? end + 1 : end,
    name,
    type: "",
    direction: "",
    number,
    unit: before?.unit ?? null,
    score,
  };
}

/** One text of a name: without words that people leave out, and without spaces. */
export function nameText(words: readonly Token[]): string {
  const kept = words.filter((word) => !FILLERS.has(word));
  return (kept.length > 0 ? kept : words).join("");
}

/**
 * The street among the chunks of an address. The order of its parts does not matter: a street word
 * beats a word that also ends a complex, a number beats none, and the alphabet decides between
 * equals.
 */
export function pickStreet(chunks: readonly Chunk[]): StreetReading | null {
  const readings = chunks.flatMap((chunk) => {
    const typed = typedReadings(chunk);
    if (typed.length > 0) return typed;
    const plain = plainReading(chunk);
    return plain === null ? [] : [plain];
  });
  const sortText = (r: StreetReading) => `${nameText(r.name)} ${r.number ?? ""}`;
  return (
    readings.sort(
      (a, b) =>
        b.score - a.score ||
        (a.score > 5 ? (sortText(a) < sortText(b) ? -1 : 1) : a.chunk.part - b.chunk.part),
    )[0] ?? null
  );
}
