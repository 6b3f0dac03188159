import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";

/**
 * A phone number as E.164 (`+27821234567`), or null when it is not a valid number. Accepts
 * national and international notations with any usual punctuation, and full-width digits.
 * `defaultCountry` (ISO 3166) is the country of numbers written without a country code.
 */
export function normalisePhone(raw: string, defaultCountry: CountryCode = "ZA"): string | null {
  const text = raw.normalize("NFKC").trim();
  // Long input is no phone number, and letters would be read as a keypad word.
  if (text.length > 40 || /\p{L}/u.test(text)) return null;
  const phone = parsePhoneNumberFromString(text, { defaultCountry, extract: false });
  if (!phone?.isValid()) return null;
  // The numbering plan still lists short mobile ranges; a number cut off while typing is one.
  if (phone.country === "ZA" && phone.nationalNumber.length !== 9) return null;
  return phone.number;
}
