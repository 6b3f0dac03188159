import { type AddressComparison, compareParsed } from "./address/compare";
import {
  type AddressInput,
  isEmptyAddress,
  type ParsedAddress,
  parseAddress,
} from "./address/parse";

export type { AddressComparison, NearReason } from "./address/compare";
export type { AddressInput } from "./address/parse";

/**
 * Leads every key. Stored keys are compared as text, so a change of the parser or its tables that
 * changes keys raises it, and stored rows are given new keys from their addresses.
 */
export const ADDRESS_KEY_VERSION = 3;

const unitText = ({ buildings, floors, units, annexes }: ParsedAddress): string =>
  [...buildings, ...floors.map((floor) => `f${floor}`), ...units, ...annexes].join(".");

/**
 * The key of one installation address: two addresses with one key are the same place. It consists
 * of version, postal code, suburb, street, street word, house number and unit. Case, punctuation,
 * look-alike letters, abbreviations, language (English, Afrikaans) and order do not matter:
 * "Unit 4, 12 Main Rd" = "12 Main Road, Unit 4" = "4/12 Main Rd". Nor does the name of a complex
 * beside a street with its number.
 *
 * The other direction does not hold: a person can leave out what another writes (the suburb, the
 * floor). `compareAddresses` judges that. Returns an empty string when nothing is left to compare;
 * two empty keys are not the same address.
 */
export function addressKey(address: AddressInput): string {
  const parsed = parseAddress(address);
  if (isEmptyAddress(parsed)) return "";
  const { code, suburb, street, streetType, direction, number } = parsed;
  const type = [streetType, direction].filter(Boolean).join(" ");
  return [ADDRESS_KEY_VERSION, code, suburb, street, type, number, unitText(parsed)].join("|");
}

/** How wide a range of postal codes one block covers; two ranges overlap by half. */
const CODE_BLOCK = 100;

/**
 * Coarse keys for finding addresses that can be nearly the same; unordered, without duplicates.
 * Two addresses for which `compareAddresses` says "same" or "near" share at least one key; most
 * that share one are different.
 *
 * About one referrer no index is needed: a query reads the addresses of the referrer and of their
 * friends, and `compareAddresses` judges each. About all customers (was this address served
 * recently, does another referrer's friend live here?) `addressLookupKeys` finds candidates.
 */
export function nearAddressKeys(address: AddressInput): string[] {
  const parsed = parseAddress(address);
  if (isEmptyAddress(parsed)) return [];
  const { code, street, streetType, number, units, complexes } = parsed;
  const keys = new Set<string>();
  const add = (...parts: (string | number)[]) =>
    keys.add([parts[0], ADDRESS_KEY_VERSION, ...parts.slice(1)].join("|"));
  const ends = [...new Set(number.split("-").map((end) => /^\d+/.exec(end)?.[0] ?? end))];
  for (const end of ends) {
    // One house number in one code: finds every spelling of the street.
    add("n", code, end);
    // One house number near a code: finds the neighbouring codes.
    if (/^\d+$/.test(code)) {
      add("b", Math.floor(Number(code) / CODE_BLOCK), end);
      add("h", Math.floor((Number(code) + CODE_BLOCK / 2) / CODE_BLOCK), end);
    }
    // One house number in one suburb: finds codes with a slip in one digit.
    for (const place of parsed.localities) add("s", place, end);
  }
  // One unit of a complex, with or without the street before which it stands.
  if (number !== "" && street !== "") add("c", code, `${street}${streetType}`, number);
  for (const complex of complexes) for (const unit of units) add("c", code, complex, unit);
  return [...keys];
}

/**
 * The near keys by which candidates are found among all customers: one house number in one postal
 * code, and one unit of a complex. The database keeps them in `address_near_keys`, under an index.
 */
export const addressLookupKeys = (address: AddressInput): string[] =>
  nearAddressKeys(address).filter((key) => key.startsWith("n") || key.startsWith("c"));

/**
 * Compares two addresses: `same`, `near` with the reasons for which they are not the same, or
 * `different`. Symmetric. Suburb, floor and complex count only where both addresses name them.
 * Two addresses with one `addressKey` are `same`, unless they name two different complexes.
 */
export function compareAddresses(a: AddressInput, b: AddressInput): AddressComparison {
  return comparisonWith(a)(b);
}

/** `compareAddresses` of one address with many: reads the one address once. */
export function comparisonWith(a: AddressInput): (b: AddressInput) => AddressComparison {
  const parsed = parseAddress(a);
  return (b) => compareParsed(parsed, parseAddress(b));
}
