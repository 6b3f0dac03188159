import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { dropInvisible, latinDigits } from "./look-alikes";

/** What the database stores as a phone number; some numbering plans list shorter and longer ones. */
const STORED = /^\+[1-9]\d{6,14}$/;
/** Digits of an international number: ITU-T E.164 allows 15; no country has fewer than 8 in all. */
const INTERNATIONAL = /^\+[1-9]\d{7,14}$/;
const LABEL =
  /^\s*(?:tel|telephone|phone|cell|cel|cellphone|mobile|mobiel|sel|foon|whatsapp)\s*[:.]?\s*/i;
/** Whose number it is, or what for: `082 123 4567 (mom)`, `082 123 4567 WhatsApp`. */
const REMARK = /\s*(?:\([\p{L} ./'’-]{2,}\)|whatsapp)\s*$/iu;
/** The letter in place of the digit: `O82 123 4567`. */
const LETTER_ZERO = /(?<![\p{L}])[oO](?=[\s-]?\d)|(?<=\d)[oO](?![\p{L}])/gu;
const EXTENSION = /\s*(?:ext|extension|x|uitbr)\.?\s*:?\s*\d{1,6}\s*$/i;

/** Digits with a leading plus where the country code is written: `(+27) 84…`, `00 27 84…`. */
function dial(raw: string): string | null {
  const text = latinDigits(dropInvisible(raw).normalize("NFKC"))
    .replace(LABEL, "")
    .replace(REMARK, "")
    .replace(EXTENSION, "")
    .replace(LETTER_ZERO, "0")
    .replace(/^[\s,;:#]+|[\s,;]+$/g, "");
  // Long input is no phone number, and letters would be read as a keypad word.
  if (raw.length > 80 || text.length > 40 || !/^[\d\s+()[\]./_\\·•\p{Pd}\u2212]+$/u.test(text)) {
    return null;
  }
  const [, ...more] = text.split("+");
  if (more.length > 1 || (more.length === 1 && !/^[\s([]*\+/.test(text))) return null;
  const international = /^[\s([]*\+|^[\s([]*0\s*0/.test(text);
  // "+27 (0)82…": the trunk digit of the national notation.
  const digits = (international ? text.replace(/\(\s*0\s*\)/, "") : text).replace(/\D/g, "");
  return international ? `+${digits.replace(/^00/, "")}` : digits;
}

/**
 * A phone number in one notation, or null for what nobody would call a phone number. A number of a
 * known numbering plan becomes E.164 (`+27821234567`), also one whose range is not assigned yet.
 * One with a country code that no plan knows keeps its digits. Accepts national and international
 * notations with any usual punctuation, an extension (dropped), digits of other scripts, and the
 * direction marks and joiners that contact applications paste.
 *
 * `defaultCountry` (ISO 3166) is the country of numbers written without a country code.
 */
export function normalisePhone(raw: string, defaultCountry: CountryCode = "ZA"): string | null {
  const dialled = dial(raw);
  if (dialled === null) return null;
  const phone = parsePhoneNumberFromString(dialled, { defaultCountry, extract: false });
  if (phone?.isPossible()) {
    if (!STORED.test(phone.number)) return null;
    // The numbering plan still lists short ranges; a number cut off while typing is one.
    if (phone.country === "ZA" || phone.countryCallingCode === "27") {
      return phone.nationalNumber.length === 9 ? phone.number : null;
    }
    return phone.number;
  }
  return INTERNATIONAL.test(dialled) && phone === undefined ? dialled : null;
}
