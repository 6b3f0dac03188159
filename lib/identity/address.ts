export interface AddressInput {
  line1: string;
  line2?: string | null;
  suburb?: string | null;
  city?: string | null;
  postal_code: string;
}

const STREET_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    street: ["st", "str", "straat"],
    road: ["rd", "weg"],
    avenue: ["ave", "av", "aven"],
    drive: ["dr", "drv", "rylaan"],
    lane: ["ln"],
    crescent: ["cres", "cresc", "cr"],
    boulevard: ["blvd", "boul"],
    close: ["cl", "clse"],
    court: ["ct", "crt"],
    place: ["pl"],
    terrace: ["tce", "terr"],
    highway: ["hwy"],
    square: ["sq"],
    parkway: ["pkwy", "pky"],
    circle: ["cir", "circ"],
    way: ["wy"],
    walk: ["wlk"],
    grove: ["gr", "grv"],
  }).flatMap(([name, short]) => [name, ...short].map((word): [string, string] => [word, name])),
);

const ORDINALS: ReadonlyMap<string, string> = new Map(
  "first second third fourth fifth sixth seventh eighth ninth tenth"
    .split(" ")
    .map((word, index): [string, string] => {
      const n = index + 1;
      return [word, `${n}${["st", "nd", "rd"][index] ?? "th"}`];
    }),
);

const UNIT_WORDS: ReadonlySet<string> = new Set(
  "unit flat apartment apt appartement suite ste door room shop".split(" "),
);
/** "No 12 Main Road" is a house number; "12 Main Road, No 4" is a unit. */
const NUMBER_WORDS: ReadonlySet<string> = new Set(["no", "nr", "number", "nommer"]);
const BUILDING_WORDS: ReadonlySet<string> = new Set(["block", "blok", "tower", "building"]);

const IDENTIFIER = /^(?:\d+[a-z]?|[a-z]\d*)$/;
const HOUSE_NUMBER = /^\d+[a-z]?(?:-\d+[a-z]?)?$/;

interface Segment {
  number: string | null;
  words: string[];
}

function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/['’.]/g, "")
    .replace(/#/g, " no ")
    .replace(/\b(unit|flat|apt|suite|block|no)(?=\d)/g, "$1 ")
    .replace(/\s*\/\s*/g, "/")
    .replace(/\p{Pd}/gu, "-")
    .replace(/(\d)\s*-\s*(?=\d)/g, "$1-")
    .replace(/-(?!\d)|(?<!\d)-/g, " ");
}

/** "12 a main road" and "12a main road" are one number, unless the letter is the street. */
function joinSuffix(tokens: string[]): string[] {
  const [number, letter, ...rest] = tokens;
  const joins =
    number !== undefined &&
    letter !== undefined &&
    /^\d+$/.test(number) &&
    /^[a-z]$/.test(letter) &&
    !(rest.length === 1 && STREET_TYPES.has(rest[0] ?? ""));
  return joins ? [`${number}${letter}`, ...rest] : tokens;
}

function expandStreet(words: string[]): string[] {
  return words.map((word, index) => {
    // "St James Road", "Dr Pixley Street": in front of a name these are titles, not streets.
    const isTitle = index === 0 && words.length > 1;
    if (isTitle && word === "st") return "saint";
    if (isTitle && word === "dr") return "doctor";
    return STREET_TYPES.get(word) ?? ORDINALS.get(word) ?? word;
  });
}

const endsInStreet = (segment: Segment): boolean =>
  STREET_TYPES.has(segment.words.at(-1) ?? "") && segment.words.length > 1;

/**
 * Reads one folded, comma-separated part: its units are added to `units`; what remains is a house
 * number and words.
 */
function readSegment(text: string, units: string[]): Segment {
  let tokens = text
    .replace(/[^\p{L}\p{N}/-]+/gu, " ")
    .split(" ")
    .filter(Boolean);

  // "4/12 Main Rd": unit before the slash, house number after it.
  const slash = /^(\d+[a-z]?|[a-z]\d*)\/(\d+[a-z]?)$/.exec(tokens[0] ?? "");
  if (slash?.[1] !== undefined && slash[2] !== undefined) {
    units.push(slash[1]);
    tokens = [slash[2], ...tokens.slice(1)];
  }
  tokens = tokens.flatMap((token) => token.split("/")).filter(Boolean);

  const rest: string[] = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? "";
    const next = tokens[i + 1];
    if (UNIT_WORDS.has(token) && next !== undefined) {
      // "unit no 4": the number word between adds nothing.
      const at = NUMBER_WORDS.has(next) && tokens[i + 2] !== undefined ? i + 2 : i + 1;
      const id = tokens[at] ?? "";
      const letter = tokens[at + 1];
      if (!IDENTIFIER.test(id)) {
        rest.push(token);
      } else if (letter !== undefined && /^\d+$/.test(id) && /^[a-z]$/.test(letter)) {
        units.push(`${id}${letter}`);
        i = at + 1;
      } else {
        units.push(id);
        i = at;
      }
    } else if (BUILDING_WORDS.has(token) && next !== undefined && IDENTIFIER.test(next)) {
      units.push(`block ${next}`);
      i += 1;
    } else if (NUMBER_WORDS.has(token) && next !== undefined && /^\d/.test(next)) {
      // In front it is the house number, or a part of its own; after the street it is a unit.
      if (rest.length === 0) continue;
      units.push(next);
      i += 1;
    } else {
      rest.push(token);
    }
  }

  const joined = joinSuffix(rest);
  const [head] = joined;
  const tail = joined.at(-1);
  if (head !== undefined && HOUSE_NUMBER.test(head)) {
    return { number: head, words: expandStreet(joined.slice(1)) };
  }
  if (joined.length > 1 && tail !== undefined && HOUSE_NUMBER.test(tail)) {
    return { number: tail, words: expandStreet(joined.slice(0, -1)) };
  }
  return { number: null, words: expandStreet(joined) };
}

function pickStreet(segments: Segment[]): Segment | undefined {
  return (
    segments.find((s) => s.number !== null && endsInStreet(s)) ??
    segments.find((s) => s.number !== null && s.words.length > 0)
  );
}

/**
 * A stable key of one installation address: postal code, house number, street and unit. Case,
 * punctuation, diacritics, abbreviations and the order of unit and street do not matter, nor
 * do a complex's name, the suburb and the city (the postal code stands for them):
 * "Unit 4, 12 Main Rd" = "12 Main Road, Unit 4" = "4/12 Main Rd".
 *
 * An address without a recognisable number keys by all words of its lines. Returns an empty
 * string when nothing is left to compare; two empty keys are not the same address.
 */
export function addressKey(address: AddressInput): string {
  const units: string[] = [];
  const parts = [address.line1, address.line2 ?? ""].join(",").split(/[,;\n\r]+/);
  const segments = parts
    .map((part) => readSegment(fold(part), units))
    .filter((segment) => segment.number !== null || segment.words.length > 0);

  let street = pickStreet(segments);
  let others = segments.filter((segment) => segment !== street);
  if (street === undefined || (!endsInStreet(street) && others.some(endsInStreet))) {
    // "12, Main Road": the number stands in a part of its own.
    const named = segments.find((s) => s.number === null && endsInStreet(s));
    const bare = segments.find((s) => s.number !== null && s.words.length === 0);
    if (named !== undefined && bare !== undefined) {
      street = { number: bare.number, words: named.words };
      others = segments.filter((segment) => segment !== named && segment !== bare);
    }
  }

  const postal = fold(address.postal_code).replace(/[^\p{L}\p{N}]/gu, "");
  if (street === undefined) {
    const words = segments.flatMap((s) => [...(s.number === null ? [] : [s.number]), ...s.words]);
    const [unit] = units;
    // "Unit 12, The Oaks" = "12 The Oaks".
    if (words.length > 0 && units.length === 1 && unit !== undefined) {
      return [postal, unit, words.join(" "), ""].join("|");
    }
    const text = [...words, ...units].join(" ");
    return text === "" ? "" : [postal, "", text, ""].join("|");
  }
  // "12 The Oaks, 34 Main Road", "4, 12 Main Road": the other number is the unit.
  for (const other of others) {
    if (other.number !== null && !endsInStreet(other)) units.push(other.number);
  }
  const unit = [...new Set(units)].sort().join(" ");
  return [postal, street.number ?? "", street.words.join(" "), unit].join("|");
}
