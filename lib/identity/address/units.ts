import {
  ANNEXES,
  BUILDING_WORDS,
  DIRECTIONS,
  FLOOR_WORDS,
  GROUND,
  GROUND_FLOORS,
  NAMED_BUILDING_WORDS,
  NUMBER_NAMES,
  NUMBER_WORDS,
  NUMBERED_HOMES,
  PLOT_WORDS,
  ROMAN,
  SECTION_WORDS,
  UNIT_WORDS,
} from "./tables";
import { isLetter, isLettered, isNumber, isWord, streetType, type Token } from "./tokens";

/** What tells the homes of one building apart. */
export interface UnitParts {
  units: string[];
  buildings: string[];
  floors: string[];
  sections: string[];
  /** A stand or plot was named: without a street, the name beside it is that of the place. */
  isPlot: boolean;
}

/** A run of tokens that no unit interrupts. */
export interface Chunk {
  /** Position of its part among the parts of the address. */
  part: number;
  tokens: Token[];
  /** A unit or building was named in the same part. */
  besideUnit: boolean;
}

const SINGULAR_UNIT_NAMES = new Set(["flat", "woonstel", "apartment", "unit", "eenheid"]);

const identifier = (token: Token | undefined): string | undefined => {
  if (token === undefined) return undefined;
  if (isNumber(token) || isLetter(token) || isLettered(token)) return token;
  const named = NUMBER_NAMES.get(token);
  return named === undefined ? ROMAN.get(token) : String(named);
};

/** Whether a street with a number of its own follows: `12 main road` or `main road 12`. */
function streetFollows(tokens: readonly Token[]): boolean {
  const type = tokens.findIndex((token, at) => at > 0 && streetType(token) !== undefined);
  return type > 0 && (tokens.slice(0, type).some(isNumber) || isNumber(tokens[type + 1]));
}

/** Reads one part from the left; every unit, building, floor and section ends a chunk. */
class PartReader {
  private readonly chunks: Token[][] = [];
  private current: Token[] = [];
  private found = false;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly into: UnitParts,
    private readonly isOnlyPart: boolean,
  ) {}

  read(part: number): Chunk[] {
    for (let i = 0; i < this.tokens.length; ) i += this.step(i);
    this.cut();
    return this.chunks.map((tokens) => ({ part, tokens, besideUnit: this.found }));
  }

  private cut(): void {
    if (this.current.length > 0) this.chunks.push(this.current);
    this.current = [];
  }

  private keep(list: string[], value: string): void {
    list.push(value);
    this.found = true;
    this.cut();
  }

  /** Reads at `at`; returns how many tokens it took. */
  private step(at: number): number {
    const token = this.tokens[at] ?? "";
    const taken =
      this.fraction(at) ||
      (UNIT_WORDS.has(token) && this.unit(at)) ||
      (NUMBERED_HOMES.has(token) && this.numberedHome(at)) ||
      (isLetter(token) && this.letteredBuilding(at)) ||
      (GROUND_FLOORS.has(token) && this.groundFloor()) ||
      ((FLOOR_WORDS.has(token) || GROUND.has(token)) && this.floor(at)) ||
      (BUILDING_WORDS.has(token) && this.building(at)) ||
      (SECTION_WORDS.has(token) && this.section(at)) ||
      (NUMBER_WORDS.has(token) && this.label(at));
    if (taken) return taken;
    this.current.push(token);
    return 1;
  }

  /** `4/12 main road`: the unit before the slash, the house number after it. */
  private fraction(at: number): number {
    const [unit, number, ...more] = (this.tokens[at] ?? "").split("/");
    if (!unit || !number || more.length > 0) return 0;
    if (identifier(unit) !== undefined && isNumber(number)) {
      this.keep(this.into.units, unit);
      this.current.push(number);
    } else {
      this.current.push(unit, number);
    }
    return 1;
  }

  private unit(at: number): number {
    const start = NUMBER_WORDS.has(this.tokens[at + 1] ?? "") ? at + 2 : at + 1;
    const token = this.tokens[start];
    const id = identifier(token);
    if (token?.includes("/")) {
      // "Unit 4/12 Main Road".
      return this.fraction(start) === 0 ? 0 : start - at + 1;
    }
    if (id === undefined) return this.namedUnit(at);
    const range = /^(\d+[a-z]?)-(\d+[a-z]?)$/.exec(id);
    if (range?.[1] && range[2] && isWord(this.tokens[start + 1])) {
      // "Unit 4-12 Main Road": the house number follows the dash.
      this.keep(this.into.units, range[1]);
      this.current.push(range[2]);
      return start - at + 1;
    }
    const next = this.tokens[start + 1];
    const rest = this.tokens.slice(start + 2);
    const letterFollows =
      /^\d+$/.test(id) &&
      isLetter(next) &&
      !(rest.length > 0 && streetType(rest[0])) &&
      !this.isLetteredBuilding(start + 1);
    const numberFollows =
      isLetter(id) && isNumber(next) && (!isWord(rest[0]) || streetFollows(rest));
    if (letterFollows || numberFollows) {
      this.keep(this.into.units, `${id}${next}`);
      return start - at + 2;
    }
    this.keep(this.into.units, id);
    return start - at + 1;
  }

  /** `Cottage 34`; in `Cottage 5 Rose Street` the number is that of the house. */
  private numberedHome(at: number): number {
    const start = NUMBER_WORDS.has(this.tokens[at + 1] ?? "") ? at + 2 : at + 1;
    const id = identifier(this.tokens[start]);
    if (id === undefined || isLetter(id)) return 0;
    const rest = this.tokens.slice(start + 1);
    const isStreet = isWord(rest[0]) && rest.some((token) => streetType(token) !== undefined);
    if (isStreet && !rest.some(isNumber)) return 0;
    this.keep(this.into.units, id);
    return start - at + 1;
  }

  /** `C Block`; not the `A` of `12 A Block H`. */
  private isLetteredBuilding(at: number): boolean {
    const next = this.tokens[at + 1] ?? "";
    return (
      isLetter(this.tokens[at]) && NAMED_BUILDING_WORDS.has(next) && !isLetter(this.tokens[at + 2])
    );
  }

  private letteredBuilding(at: number): number {
    if (!this.isLetteredBuilding(at)) return 0;
    this.keep(this.into.buildings, this.tokens[at] ?? "");
    return 2;
  }

  private groundFloor(): number {
    this.keep(this.into.floors, "0");
    return 1;
  }

  /** `Flat Protea`, `Protea Flat`: a flat with a name, in a part of its own. */
  private namedUnit(at: number): number {
    const word = this.tokens[at] ?? "";
    if (!SINGULAR_UNIT_NAMES.has(word) || this.isOnlyPart) return 0;
    const others = this.tokens.filter((_, i) => i !== at);
    const isName =
      others.length > 0 &&
      others.length <= 2 &&
      others.every((other) => isWord(other) && !ANNEXES.has(other));
    const atEdge = at === 0 || at === this.tokens.length - 1;
    if (!isName || !atEdge || streetType(others.at(-1)) !== undefined) return 0;
    this.current = [];
    this.keep(this.into.units, others.join(""));
    return this.tokens.length - at;
  }

  private floor(at: number): number {
    const token = this.tokens[at] ?? "";
    const next = this.tokens[at + 1];
    if (GROUND.has(token)) {
      if (!FLOOR_WORDS.has(next ?? "")) return 0;
      this.keep(this.into.floors, "0");
      return 2;
    }
    const before = this.current.at(-1);
    if (before?.startsWith("#")) {
      this.current.pop();
      this.keep(this.into.floors, before.slice(1));
      return 1;
    }
    const id = next?.startsWith("#") ? next.slice(1) : identifier(next);
    if (id === undefined && !GROUND.has(next ?? "")) return 0;
    this.keep(this.into.floors, id ?? "0");
    return 2;
  }

  private building(at: number): number {
    const word = this.tokens[at] ?? "";
    const before = this.current.at(-1);
    const next = this.tokens[at + 1];
    const id = DIRECTIONS.has(next ?? "") ? next : identifier(next);
    const hasName = isWord(before) && !isLetter(before) && streetType(before) === undefined;
    const behind = this.tokens[at + 2];
    const idIsStreetNumber = isNumber(next) && isWord(behind) && !UNIT_WORDS.has(behind) && hasName;
    if (id !== undefined && !idIsStreetNumber) {
      this.keep(this.into.buildings, id);
      return 2;
    }
    if (!NAMED_BUILDING_WORDS.has(word)) return 0;
    if (hasName) {
      // "North Tower": the words back to the last number or street word.
      const name: Token[] = [];
      while (isWord(this.current.at(-1)) && streetType(this.current.at(-1)) === undefined) {
        name.unshift(this.current.pop() ?? "");
      }
      this.keep(this.into.buildings, name.filter((part) => part !== "the").join(""));
      return 1;
    }
    if (at === 0 && isWord(next) && streetType(this.tokens[at + 2]) === undefined) {
      this.keep(this.into.buildings, next);
      return 2;
    }
    return 0;
  }

  private section(at: number): number {
    const id = identifier(this.tokens[at + 1]);
    if (id === undefined) return 0;
    // "Site C" is a part of a township, "Site 12" a stand.
    if (this.tokens[at] === "site" && !isLetter(id)) return 0;
    this.keep(this.into.sections, id);
    this.found = false;
    return 2;
  }

  /** `No 12`, `House 12`: the word adds nothing to its number. */
  private label(at: number): number {
    const next = this.tokens[at + 1];
    const before = this.current.at(-1);
    const endsName = isWord(before) && !isLetter(before) && streetType(before) === undefined;
    const isHouse = /^(?:house|huis|plot)$/.test(this.tokens[at] ?? "");
    const isLabel = isNumber(next) || isLettered(next) || NUMBER_WORDS.has(next ?? "");
    if (!isLabel || (isHouse && endsName)) return 0;
    if (PLOT_WORDS.has(this.tokens[at] ?? "")) this.into.isPlot = true;
    return 1;
  }
}

/** Takes units, buildings, floors and sections out of the parts; returns what is left. */
export function takeUnits(parts: readonly Token[][], into: UnitParts): Chunk[] {
  return parts.flatMap((tokens, part) =>
    new PartReader(tokens, into, parts.length === 1).read(part),
  );
}
