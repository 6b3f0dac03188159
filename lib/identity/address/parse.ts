import { foldText } from "../look-alikes";
import {
  endsComplex,
  isComplexName,
  isSuburbName,
  nameText,
  pickStreet,
  type StreetReading,
} from "./street";
import { ANNEX_FILLERS, ANNEXES, METROS, NUMBER_WORDS, PLACE_PARTS } from "./tables";
import { isLetter, isNumber, isWord, streetType, type Token, tokenise } from "./tokens";
import { type Chunk, takeUnits, type UnitParts } from "./units";

export interface AddressInput {
  line1: string;
  line2?: string | null;
  suburb?: string | null;
  city?: string | null;
  postal_code: string;
}

/** The parts of an address, each in one spelling. An unknown part is an empty string or list. */
export interface ParsedAddress {
  code: string;
  /** The suburb; the town where an address has no suburb. Never a metropolitan city. */
  suburb: string;
  /** Suburb and town: every name by which the place is known. */
  localities: string[];
  /** Without spaces and without the street word. */
  street: string;
  streetType: string;
  direction: string;
  /** House number with its letter or range. */
  number: string;
  /** Unit numbers and names, sorted. */
  units: string[];
  /** Blocks and towers, as they stand. */
  buildings: string[];
  floors: string[];
  /** Rear, cottage, penthouse. */
  annexes: string[];
  /** Names of complexes, without spaces. They are known to some who write the address only. */
  complexes: string[];
}

/** Letters and digits of a postal code; South African codes have four digits: `83` is `0083`. */
function readPostalCode(raw: string): string {
  const code = foldText(raw).replace(/[^\p{L}\p{N}]/gu, "");
  return /^\d{1,3}$/.test(code) ? code.padStart(4, "0") : code;
}

const joined = (tokens: readonly Token[]): string => tokens.join("");
/** The name of a suburb or town: `claremontupper` for `Upper Claremont`. */
const placeText = (tokens: readonly Token[]): string => {
  const isPart = (token: Token) => PLACE_PARTS.has(token);
  return joined([...tokens.filter((token) => !isPart(token)), ...tokens.filter(isPart)]);
};

/** The names of a suburb or city field, without extensions: `Rosebank Ext 3, Johannesburg`. */
function readPlace(field: string | null | undefined, code: string): string[] {
  if (!field) return [];
  const ignored: UnitParts = {
    units: [],
    buildings: [],
    floors: [],
    sections: [],
    isPlot: false,
  };
  return takeUnits(tokenise([field], code), ignored)
    .filter(({ tokens }) => tokens.length > 0 && !METROS.has(joined(tokens)))
    .map(({ tokens }) => placeText(tokens));
}

/** Drops the code and known names of places, and metropolitan cities, from the parts of the lines. */
function dropPlaces(
  parts: readonly Token[][],
  places: ReadonlySet<string>,
  code: string,
): Token[][] {
  const isPlace = (tokens: Token[]) => {
    const name = joined(tokens);
    return places.has(placeText(tokens)) || (METROS.has(name) && name.length > 2);
  };
  const hasStreet = (tokens: Token[]) =>
    tokens.some((token, at) => at > 0 && streetType(token) !== undefined);
  const isStand = (tokens: Token[]) =>
    tokens.some(isNumber) && tokens.every((token) => isNumber(token) || NUMBER_WORDS.has(token));
  return parts.flatMap((part, position) => {
    // A lone part can be all that the address has.
    if (isPlace(part) && (parts.length > 1 || !places.has(placeText(part)))) {
      const others = parts.some((other, at) => at !== position && !isPlace(other));
      return others ? [] : [part];
    }
    let tokens = part;
    if (tokens.length < 2) return [tokens];
    for (let again = true; again; ) {
      again = tokens.length > 1 && code.length > 3 && tokens.at(-1) === code;
      if (again) tokens = tokens.slice(0, -1);
      for (let size = Math.min(4, tokens.length - 1); size > 0 && !again; size -= 1) {
        const tail = tokens.slice(-size);
        const head = tokens.slice(0, -size);
        const isBehindName = parts.length > 1 && isWord(head.at(-1));
        if (isPlace(tail) && (hasStreet(head) || isStand(head) || isBehindName)) {
          tokens = head;
          again = true;
        } else if (
          isPlace(tokens.slice(0, size)) &&
          isNumber(tokens[size]) &&
          hasStreet(tokens.slice(size))
        ) {
          tokens = tokens.slice(size);
          again = true;
        }
      }
    }
    return [tokens];
  });
}

/** What surrounds the street: pieces of chunks, each with its place before or behind the street. */
function remainder(chunks: readonly Chunk[], street: StreetReading) {
  const at = chunks.indexOf(street.chunk);
  return chunks
    .flatMap((chunk, index) => {
      const { tokens } = chunk;
      if (chunk !== street.chunk) return [{ tokens, isBefore: index < at }];
      return [
        { tokens: tokens.slice(0, street.from), isBefore: true },
        { tokens: tokens.slice(street.to), isBefore: false },
      ];
    })
    .filter(({ tokens }) => tokens.length > 0);
}

function readAnnex(words: readonly Token[]): string | undefined {
  const named = words.filter((word) => !ANNEX_FILLERS.has(word) || ANNEXES.has(word));
  const annexes = named.map((word) => ANNEXES.get(word));
  if (annexes.length === 0 || annexes.some((annex) => annex === undefined)) return undefined;
  // "Granny flat at the back": the most telling word comes last in the alphabet of annexes.
  return annexes.includes("cottage") ? "cottage" : annexes[0];
}

/** `sunny court rosebank` and `sunny court 4 rosebank` as a complex and the suburb behind it. */
function splitPlace(tokens: readonly Token[]): [complex: Token[], place: Token[]] {
  const wordsOf = (some: readonly Token[]) => some.filter((t) => isWord(t) && !isLetter(t));
  const words = wordsOf(tokens);
  const number = tokens.findIndex((token) => !isWord(token));
  if (number > 0) return [wordsOf(tokens.slice(0, number)), wordsOf(tokens.slice(number))];
  const end = words.findLastIndex((word, at) => at > 0 && endsComplex(word));
  if (end < 0 || isSuburbName(words)) return [words, []];
  return [words.slice(0, end + 1), words.slice(end + 1)];
}

/** The name of a complex, its last word in one spelling: `sunnycourt` for `Sunny Crt`. */
const complexText = (words: readonly Token[]): string =>
  nameText([...words.slice(0, -1), streetType(words.at(-1)) ?? words.at(-1) ?? ""]);

/** `farm doornkloof`, `doornkloof farm`, `doornkloof`: one name where no street word follows. */
function streetText({ name, type }: StreetReading): string {
  const own = name.filter((word) => word !== "farm");
  return nameText(type === "" && own.length > 0 ? own : name);
}

const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** Reads an address. Never throws, whatever was typed. */
export function parseAddress(address: AddressInput): ParsedAddress {
  const code = readPostalCode(address.postal_code);
  const suburbs = readPlace(address.suburb, code);
  const towns = readPlace(address.city, code);
  const found: UnitParts = { units: [], buildings: [], floors: [], sections: [], isPlot: false };
  const lines = [address.line1, address.line2 ?? ""];
  const parts = dropPlaces(tokenise(lines, code), new Set([...suburbs, ...towns]), code);
  const chunks = takeUnits(parts, found);

  const annexes: string[] = [];
  const complexes: string[] = [];
  const places: string[] = [];
  const street = pickStreet(chunks);
  let number = street?.number ?? null;
  const spare: string[] = [];
  if (street?.unit) found.units.push(street.unit);

  const rest = street
    ? remainder(chunks, street)
    : chunks.map(({ tokens }) => ({ tokens, isBefore: true }));
  for (const { tokens, isBefore } of rest) {
    const numbers = tokens.filter((token) => !isWord(token) || isLetter(token));
    const words = tokens.filter((token) => isWord(token) && !isLetter(token));
    const [first = "", second] = numbers;
    if (words.length === 0) {
      // "12 A, Main Road".
      const isOne = numbers.length === 2 && /^\d+$/.test(first) && isLetter(second);
      spare.push(...(isOne ? [`${first}${second}`] : numbers));
      continue;
    }
    found.units.push(...numbers);
    const annex = readAnnex(words);
    if (annex !== undefined) {
      annexes.push(annex);
      continue;
    }
    const [name, place] = splitPlace(tokens);
    if (place.length > 0 && !isBefore) places.push(placeText(place));
    else name.push(...place);
    const isHome = isBefore || numbers.length > 0 || place.length > 0;
    if (isHome || isComplexName(name)) complexes.push(complexText(name));
    else places.push(placeText(name));
  }
  // "12, Main Road": a number alone is the house number; of several, the last in front.
  if (number === null && street !== null) number = spare.pop() ?? null;
  found.units.push(...spare);
  // "Unit 12, The Oaks" = "12 The Oaks": the only number of an address is its house number.
  if (number === null && found.units.length === 1 && complexes.length === 0) {
    number = found.units.pop() ?? null;
  }
  // "A12 Main Road": unit A of number 12.
  const lettered = /^([a-z])(\d+[a-z]?)$/.exec(number ?? "");
  if (lettered?.[1] && lettered[2]) {
    found.units.push(lettered[1]);
    number = lettered[2];
  }
  // Behind the street, the last name without a number is the suburb where its field is empty.
  if (suburbs.length === 0 && places.length > 0) suburbs.push(places.pop() ?? "");
  complexes.push(...places);
  // A stand number counts within its extension or zone; a house number within its street.
  if (street === null || street.type === "") found.buildings.push(...found.sections);

  const buildings = [...found.buildings];
  const units = found.units.map((unit) => {
    // "A32" is unit 32 of block A.
    const [, block, own] = /^([a-z])(\d+[a-z]?)$/.exec(unit) ?? [];
    if (block === undefined || own === undefined) return unit;
    if (!buildings.includes(block)) buildings.push(block);
    return own;
  });

  // "Plot 23 Kameeldrift": the name is that of the place, where the field of the suburb is empty.
  const isPlace =
    street !== null &&
    found.isPlot &&
    street.type === "" &&
    suburbs.length === 0 &&
    !isComplexName(street.name);
  if (isPlace) suburbs.push(streetText(street));

  const localities = sorted([...suburbs, ...towns]);
  return {
    code,
    suburb: suburbs[0] ?? towns[0] ?? "",
    localities,
    street: street === null || isPlace ? "" : streetText(street),
    streetType: street?.type ?? "",
    direction: street?.direction ?? "",
    number: number ?? "",
    units: sorted(units),
    buildings,
    floors: sorted(found.floors),
    annexes: sorted(annexes),
    complexes: sorted(complexes.filter((name) => !localities.includes(name))),
  };
}

/** Nothing to compare: two such addresses have nothing in common. */
export const isEmptyAddress = (parsed: ParsedAddress): boolean =>
  parsed.street === "" &&
  parsed.number === "" &&
  parsed.units.length === 0 &&
  parsed.buildings.length === 0 &&
  parsed.floors.length === 0 &&
  parsed.annexes.length === 0;
