import type { AddressInput } from "@/lib/identity/address";
import type { Random } from "@/supabase/local/seed/random";

/**
 * Made-up South African homes, and the many ways in which people write one. The vocabulary is the
 * generator's own: it was collected from signs and letters, not from the parser's tables.
 */
export interface Place {
  number: string;
  /** Spellings of the name; the first is the one on the sign. */
  streetNames: readonly string[];
  /** Spellings of the street word. */
  streetWords: readonly string[];
  /** Afrikaans street word; joined to a name of one word. */
  afrikaans: string | null;
  suburb: string;
  city: readonly string[];
  code: string;
  complex: string | null;
  block: string | null;
  unit: string | null;
}

const WORDS: readonly (readonly [words: readonly string[], afrikaans: string | null])[] = [
  [["Street", "St", "St.", "Str", "street", "STREET"], "straat"],
  [["Road", "Rd", "Rd.", "road", "ROAD"], "weg"],
  [["Avenue", "Ave", "Ave.", "Av", "avenue"], "laan"],
  [["Drive", "Dr", "Dr.", "drive"], "rylaan"],
  [["Crescent", "Cres", "Cres.", "crescent"], "singel"],
  [["Lane", "Ln", "lane"], "steeg"],
  [["Boulevard", "Blvd", "Boul"], null],
  [["Way", "way"], null],
  [["Close", "Cl", "close"], null],
  [["Circle", "Cir", "circle"], "sirkel"],
];

const NAMES: readonly (readonly string[])[] = [
  ["Protea"],
  ["Voortrekker"],
  ["Kloof"],
  ["Roeland"],
  ["Albertina Sisulu"],
  ["Nelson Mandela"],
  ["Jan Smuts"],
  ["Beyers Naudé", "Beyers Naude"],
  ["Van Riebeeck", "Van  Riebeeck", "van riebeeck"],
  ["O'Reilly", "O’Reilly", "OReilly"],
  ["King's", "Kings", "King’s"],
  ["St James", "St. James", "Saint James"],
  ["General Hertzog", "Gen. Hertzog", "Gen Hertzog", "Genl Hertzog"],
  ["Mount Nelson", "Mt Nelson", "Mt. Nelson"],
  ["President Brand", "Pres. Brand", "Pres Brand"],
  ["Rose & Crown", "Rose and Crown"],
  ["Bosman"],
  ["Malherbe"],
  ["Klipfontein"],
  ["Hendrik Verwoerd"],
  ["Ou Kaapse"],
  ["Lilian Ngoyi"],
  ["Jacaranda"],
  ["Wildeperdehoek"],
  ["Rietbok"],
];
const ORDINALS: readonly (readonly string[])[] = [
  ["1st", "First", "Eerste", "1ste"],
  ["2nd", "Second", "Tweede", "2de"],
  ["3rd", "Third", "Derde", "3de"],
  ["5th", "Fifth", "Vyfde", "5de"],
  ["11th", "Eleventh", "Elfde", "11de"],
  ["12th", "Twelfth", "Twaalfde", "12de"],
];

const SUBURBS: readonly (readonly [suburb: string, code: string, city: readonly string[]])[] = [
  ["Gardens", "8001", ["Cape Town", "Kaapstad", "CAPE TOWN"]],
  ["Oranjezicht", "8001", ["Cape Town", "cape town"]],
  ["Rondebosch", "7700", ["Cape Town", "Kaapstad"]],
  ["Newlands", "7700", ["Cape Town"]],
  ["Parkhurst", "2193", ["Johannesburg", "Joburg", "JHB"]],
  ["Parktown North", "2193", ["Johannesburg", "Johannesburg "]],
  ["Melville", "2092", ["Johannesburg", "Jhb"]],
  ["Hatfield", "0083", ["Pretoria", "Tshwane", "PTA"]],
  ["Sunnyside", "0002", ["Pretoria"]],
  ["Musgrave", "4001", ["Durban", "eThekwini"]],
  ["Glenwood", "4001", ["Durban"]],
  ["Summerstrand", "6001", ["Gqeberha", "Port Elizabeth"]],
  ["Langenhoven Park", "9330", ["Bloemfontein"]],
  ["Die Boord", "7600", ["Stellenbosch"]],
  ["Mostertsdrift", "7600", ["Stellenbosch"]],
];
const COMPLEXES = [
  "Sunny Court",
  "Villa Toscana",
  "The Willows",
  "Rose Terrace",
  "Oak Place",
  "Protea Close",
  "Boland Square",
  "Kingsview Mews",
  "Bergzicht Heights",
  "Die Eike",
  "Acacia Gardens",
  "Summer Manor",
];

const pickUnit = (random: Random): string =>
  random.chance(0.7)
    ? String(random.int(1, 320))
    : random.chance(0.5)
      ? `${random.pick(["A", "B", "C", "D"])}${random.int(1, 60)}`
      : `${random.int(1, 90)}${random.pick(["A", "B"])}`;

/** A home. Names of streets and complexes of one home do not end in the same word. */
export function makePlace(random: Random): Place {
  const [streetWords, afrikaans] = random.pick(WORDS);
  const [suburb, code, city] = random.pick(SUBURBS);
  const isOrdinal = random.chance(0.12);
  const unit = random.chance(0.55) ? pickUnit(random) : null;
  const number = `${random.int(1, 400)}${random.chance(0.08) ? random.pick(["A", "B"]) : ""}`;
  const isWeak = /Close|Circle/.test(streetWords[0] ?? "");
  const complexes = isWeak ? COMPLEXES.filter((name) => !/Close/.test(name)) : COMPLEXES;
  return {
    number,
    streetNames: isOrdinal ? random.pick(ORDINALS) : random.pick(NAMES),
    streetWords,
    afrikaans,
    suburb,
    city,
    code,
    complex: unit !== null && random.chance(0.6) ? random.pick(complexes) : null,
    block:
      unit !== null && /^\d+$/.test(unit) && random.chance(0.2)
        ? random.pick(["A", "B", "C"])
        : null,
    unit,
  };
}

const LOOK_ALIKE: Record<string, string> = {
  a: "а",
  e: "е",
  o: "ο",
  A: "Α",
  M: "М",
  K: "К",
  R: "R",
};

/** What a contact application, a clever cheat or a foreign keyboard does to a text. */
function disguise(text: string, random: Random): string {
  const way = random.int(0, 5);
  if (way === 0) return text.toUpperCase();
  if (way === 1) return text.toLowerCase();
  if (way === 2)
    return text.replace(/[aeoAMK]/g, (c) => (random.chance(0.5) ? (LOOK_ALIKE[c] ?? c) : c));
  if (way === 3) return [...text].map((c) => (random.chance(0.1) ? `${c}\u200b` : c)).join("");
  if (way === 4) return text.replace(/[0-9]/g, (d) => String.fromCharCode(0xff10 + Number(d)));
  return `  ${text.replace(/ /g, "  ")}`;
}

function writeStreet(place: Place, random: Random, isAlone: boolean): string {
  const name = random.pick(place.streetNames);
  const suffix = place.number.replace(/^\d+/, "");
  const digits = place.number.replace(/\D+$/, "");
  const number =
    suffix !== "" && random.chance(0.3)
      ? `${digits} ${suffix}`
      : random.chance(0.05)
        ? `0${place.number}`
        : random.chance(0.3)
          ? place.number.toLowerCase()
          : place.number;
  if (place.afrikaans !== null && random.chance(0.2)) {
    const street =
      /^[A-Z][a-z]+$/.test(name) && random.chance(0.6)
        ? `${name}${place.afrikaans}`
        : `${name} ${place.afrikaans}`;
    return random.chance(0.6) ? `${street} ${number}` : `${number} ${street}`;
  }
  const street = `${name} ${random.pick(place.streetWords)}`;
  if (random.chance(0.1)) return `${street} ${number}`;
  if (isAlone && random.chance(0.15)) {
    return `${random.pick(["No ", "No. ", "#", "House ", "Nr "])}${number} ${street}`;
  }
  return `${number} ${street}`;
}

function writeUnit(place: Place, random: Random): string {
  const unit = place.unit ?? "";
  const isPlain = /^\d+$/.test(unit);
  const label = random.pick([
    "Unit ",
    "unit ",
    "Flat ",
    "Apt ",
    "Apt. ",
    "Apartment ",
    "Suite ",
    "Woonstel ",
    "Eenheid ",
    "Unit no. ",
    "Unit #",
    "#",
    "No ",
    "No. ",
    ...(isPlain ? ["Unit 0", "U", "Unit", "Flat"] : []),
  ]);
  const text = /^[#N]/.test(label) && !isPlain ? `Unit ${unit}` : `${label}${unit}`;
  const block = place.block;
  if (block === null) return text;
  const isClear = /[A-Za-z]{2}/.test(text) ? text : `Unit ${unit}`;
  return random.pick([
    `Block ${block}, ${isClear}`,
    `${isClear}, Block ${block}`,
    `Bldg ${block} ${isClear}`,
    `Blok ${block}, ${isClear}`,
    `Unit ${block}${unit}`,
    `${block}${unit}`,
  ]);
}

/** The lines of an address, most important first; `separator` stands between its parts. */
function writeHome(place: Place, random: Random): { parts: string[]; canJoin: boolean } {
  const street = writeStreet(place, random, place.unit === null);
  if (place.unit === null) return { parts: [street], canJoin: true };
  const plain = place.block === null && /^\d/.test(place.unit);
  if (plain && random.chance(0.15) && /^\d/.test(street) && !/^\d+ [A-B] /.test(street)) {
    return { parts: [`${place.unit}${random.pick(["/", " / "])}${street}`], canJoin: true };
  }
  const complex = place.complex !== null && random.chance(0.75) ? place.complex : null;
  const unit = writeUnit(place, random);
  const isNamed = /[A-Za-z]{3}/.test(unit);
  if (complex === null) {
    const parts = random.chance(0.6) ? [unit, street] : [street, unit];
    return { parts, canJoin: isNamed };
  }
  const home = random.pick([
    [`${unit} ${complex}`],
    [complex, unit],
    [unit, complex],
    ...(plain ? [[`${place.unit} ${complex}`], [`${complex} ${place.unit}`]] : []),
  ]);
  const parts = random.chance(0.65) ? [...home, street] : [street, ...home];
  return { parts, canJoin: isNamed };
}

/**
 * One of the ways in which people write `place`. Every one names the same number, street, suburb,
 * code, block and unit; the name of the complex may be missing.
 */
export function writeAddress(place: Place, random: Random): AddressInput {
  const { parts, canJoin } = writeHome(place, random);
  const where = random.int(0, 5);
  const onLine = where === 1 || where === 2;
  const tail = [
    ...(onLine ? [place.suburb] : []),
    ...(onLine && random.chance(0.3) ? [random.pick(place.city)] : []),
    ...(random.chance(0.15) ? [place.code] : []),
  ];
  const isUsual = /^(?:unit|flat|apt|apartment|suite|woonstel|eenheid|block|bldg|blok)/i.test(
    parts[0] ?? "",
  );
  // Without commas, a house number behind its street can be read in two ways.
  const streetIsLast = parts.length === 1 || /^\d/.test(parts.at(-1) ?? "");
  const joins = canJoin && isUsual && streetIsLast && random.chance(0.3);
  const separator = joins ? " " : random.pick([", ", ",", "; ", " , "]);
  let lines = [...parts];
  let second: string | undefined;
  if (lines.length > 1 && random.chance(0.25)) second = lines.pop();
  const endsInComplex = place.complex !== null && (lines.at(-1) ?? "").endsWith(place.complex);
  const space =
    second === undefined &&
    !endsInComplex &&
    random.chance(0.3) &&
    /[a-z.]$/i.test(lines.at(-1) ?? "");
  const line1 = lines.join(separator);
  lines = [line1];
  let suffix = "";
  if (tail.length > 0) {
    if (second === undefined && random.chance(0.4)) second = tail.join(random.pick([", ", " "]));
    else suffix = (space ? " " : ", ") + tail.join(space ? " " : ", ");
  }
  const full =
    second !== undefined && suffix !== ""
      ? [line1, `${second}${suffix}`]
      : [`${line1}${suffix}`, second];
  const hide = random.chance(0.25);
  const text = (value: string | undefined) =>
    value === undefined ? undefined : hide ? disguise(value, random) : value;
  return {
    line1: text(full[0]) ?? "",
    line2: text(full[1]),
    suburb: onLine && random.chance(0.7) ? undefined : text(place.suburb),
    city: random.pick(place.city),
    postal_code: random.chance(0.2) ? place.code.replace(/^0+/, "") : place.code,
  };
}

/** What tells one home from another, written so that no two homes share it. */
export const placeName = (place: Place): string =>
  JSON.stringify([
    place.code,
    place.suburb,
    place.streetNames[0],
    place.streetWords[0],
    place.number.toLowerCase(),
    `${place.block ?? ""}${place.unit ?? ""}`.toLowerCase(),
  ]);
