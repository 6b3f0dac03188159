import { editDistance } from "../edit-distance";
import { isEmptyAddress, type ParsedAddress } from "./parse";
import { TRANSLATIONS } from "./tables";

/** Why two addresses are nearly the same, and not the same. */
export type NearReason =
  | "street_spelling"
  | "street_word_missing"
  | "street_missing"
  | "number_missing"
  | "number_suffix"
  | "unit_missing"
  | "unit_suffix"
  | "building_missing"
  | "postal_code"
  | "suburb";

export type AddressComparison =
  | { kind: "same" }
  | { kind: "near"; reasons: NearReason[] }
  | { kind: "different" };

const DIFFERENT: AddressComparison = { kind: "different" };
/** More differences than this make two addresses. */
const MOST_REASONS = 2;
/** Postal codes this close to each other belong to one part of a town. */
const NEIGHBOURING_CODES = 10;

/** Letters that may differ between two spellings of one name: none in short ones. */
const tolerance = (name: string): number => (name.length < 4 ? 0 : name.length < 10 ? 1 : 2);

const isSpelling = (a: string, b: string, most = 2): boolean => {
  // Two ordinals or numbers are two streets.
  if (/\d/.test(a) || /\d/.test(b)) return false;
  const limit = Math.min(tolerance(a), tolerance(b), most);
  return limit > 0 && editDistance(a, b, limit) <= limit;
};

/** Null: two names. Otherwise the reasons for which they are one. */
function compareNames(a: string, b: string): NearReason[] | null {
  if (a === b) return [];
  if (isSpelling(a, b)) return ["street_spelling"];
  if ((TRANSLATIONS.get(a) ?? a) === (TRANSLATIONS.get(b) ?? b)) return ["street_spelling"];
  // "Rosebank Main Road", "Jan Smuts" and "Jan Christiaan Smuts".
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const isPart = short.length >= 4 && (long.startsWith(short) || long.endsWith(short));
  return isPart ? ["street_spelling"] : null;
}

function compareTypes(a: ParsedAddress, b: ParsedAddress): NearReason[] | null {
  if (a.direction !== b.direction && a.direction !== "" && b.direction !== "") return null;
  const direction: NearReason[] = a.direction === b.direction ? [] : ["street_word_missing"];
  if (a.streetType === b.streetType) return direction;
  if (a.streetType === "" || b.streetType === "") return ["street_word_missing"];
  // Afrikaans "laan" is an avenue on signs, and a lane to many who translate it.
  const pair = [a.streetType, b.streetType].sort().join(" ");
  return pair === "avenue lane" ? ["street_spelling"] : null;
}

const base = (number: string): string => /^\d+/.exec(number)?.[0] ?? number;

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && [...a].sort().join(" ") === [...b].sort().join(" ");

/** One unit of one complex in one postal code: its house number tells nothing more. */
const isOneUnit = (a: ParsedAddress, b: ParsedAddress): boolean =>
  a.code === b.code &&
  a.units.length > 0 &&
  sameList(a.units, b.units) &&
  a.complexes.some((name) => b.complexes.includes(name));

function compareNumbers(one: ParsedAddress, other: ParsedAddress): NearReason[] | null {
  const [a, b] = [one.number, other.number];
  if (a === b) return [];
  if (a === "" || b === "") return isOneUnit(one, other) ? ["number_missing"] : null;
  // "12-14" is the plot of which 12 and 14 are parts.
  const ends = (text: string) => text.split("-").map(base);
  const [plainA, plainB] = [ends(a), ends(b)];
  if (!plainA.some((end) => plainB.includes(end))) return null;
  // 12A and 12B are neighbours; 12 and 12A can be one home.
  const isPlain = (text: string) => /^\d+$/.test(text) || text.includes("-");
  return isPlain(a) || isPlain(b) ? ["number_suffix"] : null;
}

/** `4` and `4b`: one has a letter added. */
const isExtended = (a: string, b: string): boolean =>
  base(a) === base(b) && /^\d+$/.test(a) !== /^\d+$/.test(b) && /^\d/.test(a) && /^\d/.test(b);

function compareUnits(a: ParsedAddress, b: ParsedAddress): NearReason[] | null {
  const reasons: NearReason[] = [];
  if (!sameList(a.buildings, b.buildings)) {
    if (a.buildings.length > 0 && b.buildings.length > 0) {
      const [few, many] = a.buildings.length < b.buildings.length ? [a, b] : [b, a];
      if (!few.buildings.every((name) => many.buildings.includes(name))) return null;
    }
    reasons.push("building_missing");
  }
  if (a.floors.length > 0 && b.floors.length > 0 && !sameList(a.floors, b.floors)) return null;
  if (!sameList(a.units, b.units)) {
    if (a.units.length === 0 || b.units.length === 0) {
      // "12A" and "Unit A, 12".
      reasons.push("unit_missing");
    } else if (a.units.length === 1 && b.units.length === 1) {
      const [unitA = "", unitB = ""] = [a.units[0], b.units[0]];
      const isWordUnit = /^[a-z]{4,}$/.test(unitA) && /^[a-z]{4,}$/.test(unitB);
      if (!isExtended(unitA, unitB) && !(isWordUnit && isSpelling(unitA, unitB))) return null;
      reasons.push("unit_suffix");
    } else {
      const [few, many] = a.units.length < b.units.length ? [a, b] : [b, a];
      if (!few.units.every((unit) => many.units.includes(unit))) return null;
      reasons.push("unit_missing");
    }
  } else if (a.units.length === 0 && !sameList(a.floors, b.floors)) {
    // Of two homes without a unit the floor is the unit.
    reasons.push("unit_missing");
  }
  if (!sameList(a.annexes, b.annexes)) {
    if (a.annexes.length > 0 && b.annexes.length > 0) return null;
    reasons.push("unit_suffix");
  }
  return reasons;
}

const isSamePlaceName = (a: string, b: string): boolean =>
  a === b ||
  // Two letters make the south of the north.
  isSpelling(a, b, 1) ||
  (Math.min(a.length, b.length) >= 5 && (a.startsWith(b) || b.startsWith(a)));

/** Unknown names contradict nothing. */
const contradicts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length > 0 && b.length > 0 && !a.some((x) => b.some((y) => isSamePlaceName(x, y)));

/** Two suburbs that are known and differ, whatever town they share. */
function suburbsContradict(a: ParsedAddress, b: ParsedAddress): boolean {
  if (a.suburb === "" || b.suburb === "") return false;
  if (isSamePlaceName(a.suburb, b.suburb)) return false;
  // One wrote the town where the other wrote the suburb.
  return !a.localities.includes(b.suburb) && !b.localities.includes(a.suburb);
}

function compareCodes(a: ParsedAddress, b: ParsedAddress): NearReason[] | null {
  if (a.code === b.code) return [];
  if (a.code === "" || b.code === "" || contradicts(a.localities, b.localities)) return null;
  const difference = Math.abs(Number(a.code) - Number(b.code));
  if (difference <= NEIGHBOURING_CODES) return ["postal_code"];
  if (a.suburb === "" || a.suburb !== b.suburb) return null;
  const sharesDigits = (count: number) => a.code.slice(0, count) === b.code.slice(0, count);
  // The code of the suburb's post boxes; or a slip of one digit, or two that are swapped.
  const isOne = sharesDigits(2) || (sharesDigits(1) && editDistance(a.code, b.code, 1) <= 1);
  return isOne ? ["postal_code"] : null;
}

/** One postal code, "Unit 4, The Oaks" and "Unit 4, The Oaks, 12 Main Road". */
function compareComplexes(a: ParsedAddress, b: ParsedAddress): NearReason[] | null {
  if (a.code !== b.code) return null;
  const pairs: [ParsedAddress, ParsedAddress][] = [
    [a, b],
    [b, a],
  ];
  for (const [bare, full] of pairs) {
    const name = `${bare.street}${bare.streetType}`;
    if (name === "" || bare.number === "") continue;
    if (full.complexes.includes(name) && full.units.length === 1 && full.units[0] === bare.number) {
      return ["street_missing"];
    }
  }
  return null;
}

/**
 * Compares two parsed addresses: the same place, nearly the same place (with the reasons), or two
 * places. Suburb, floor and complex count only where both addresses know them. Symmetric.
 */
export function compareParsed(a: ParsedAddress, b: ParsedAddress): AddressComparison {
  if (isEmptyAddress(a) || isEmptyAddress(b)) return DIFFERENT;
  const codes = compareCodes(a, b);
  if (codes === null) return DIFFERENT;
  const names = compareNames(a.street, b.street);
  const types = compareTypes(a, b);
  const numbers = compareNumbers(a, b);
  const units = compareUnits(a, b);
  const streets =
    names === null || types === null || numbers === null || units === null
      ? compareComplexes(a, b)
      : [...names, ...types, ...numbers, ...units];
  if (streets === null) return DIFFERENT;
  // Two complexes on one plot, each with a unit of that number.
  if (contradicts(a.complexes, b.complexes)) return DIFFERENT;
  const reasons = new Set<NearReason>([...codes, ...streets]);
  if (suburbsContradict(a, b)) {
    // A stand or plot counts within its suburb.
    if (a.street === "" && b.street === "") return DIFFERENT;
    reasons.add("suburb");
  }
  if (reasons.size === 0) return { kind: "same" };
  return reasons.size > MOST_REASONS ? DIFFERENT : { kind: "near", reasons: [...reasons].sort() };
}
