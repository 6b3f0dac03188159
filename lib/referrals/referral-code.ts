/** Crockford base32: no I, L, O or U, so a code read aloud or copied by hand stays itself. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_BODY_LENGTH = 8;

const MAX_INPUT_LENGTH = 64;
const SEPARATORS = /[\s\p{Pd}\u00ad\u200b-\u200d\u2060\ufeff_.,:·•]/gu;
const BODY = new RegExp(`^[${ALPHABET}]{${CODE_BODY_LENGTH}}$`);
const PREFIX = /^[A-Z0-9]{2,8}$/;

/**
 * Reads a referral code as people type it: any case, with or without prefix, separated by
 * spaces, hyphens, dots or nothing, with O for 0 and I or L for 1. Returns `PREFIX-BODY`, or
 * `BODY` when no prefix was given, or null when it cannot be a code. Whether the code exists is
 * for the database to say.
 */
export function normaliseReferralCode(raw: string): string | null {
  if (raw.length > MAX_INPUT_LENGTH) return null;
  const compact = raw.normalize("NFKC").replace(SEPARATORS, "");
  // Before the change of case, which would turn some letters of other alphabets into Latin.
  if (!/^[A-Za-z0-9]+$/.test(compact)) return null;
  const upper = compact.toUpperCase();
  const body = upper.slice(-CODE_BODY_LENGTH).replaceAll("O", "0").replace(/[IL]/g, "1");
  if (!BODY.test(body)) return null;
  const prefix = upper.slice(0, -CODE_BODY_LENGTH);
  if (prefix === "") return body;
  return PREFIX.test(prefix) ? `${prefix}-${body}` : null;
}

/** A longer text is read up to here. */
export const LONGEST_SHARED_TEXT = 4_000;

const LETTER_OR_DIGIT = "[A-Za-z0-9]";
const HYPHEN = "[\\p{Pd}_]";
/** `PREFIX-BODY`, the body in one piece or in two. More hyphens after two pieces are a UUID. */
const HYPHENATED =
  `(${LETTER_OR_DIGIT}{2,8})${HYPHEN}` +
  `(${LETTER_OR_DIGIT}{8}|${LETTER_OR_DIGIT}{4}\\p{Pd}${LETTER_OR_DIGIT}{4}(?!\\p{Pd}${LETTER_OR_DIGIT}))` +
  `(?!${LETTER_OR_DIGIT})`;
const HYPHENATED_AT_START = new RegExp(`^${HYPHENATED}`, "u");
const HYPHENATED_IN_TEXT = new RegExp(`(?<!${LETTER_OR_DIGIT})${HYPHENATED}`, "gu");
/** A body without prefix. Beside a hyphen it is part of something else, such as a UUID. */
const BODY_IN_TEXT = new RegExp(
  `(?<!${LETTER_OR_DIGIT}|${LETTER_OR_DIGIT}\\p{Pd})${LETTER_OR_DIGIT}{8}(?!${LETTER_OR_DIGIT}|\\p{Pd}${LETTER_OR_DIGIT})`,
  "gu",
);
const PARAMETER = /(?<![\w.~-])ref\s*=\s*([^&#?;\n]*)/giu;
const SHORT_PATH = /\/r\/([^/?#&\s]+)/giu;

/** Undoes what links go through on their way: percent-encoding, also repeated, and HTML entities. */
function decoded(text: string): string {
  let read = text.slice(0, LONGEST_SHARED_TEXT);
  for (let round = 0; round < 3; round += 1) {
    const next = read
      .replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
        try {
          return decodeURIComponent(run);
        } catch {
          return run;
        }
      })
      .replace(/&(?:amp|#0*38|#x0*26);/gi, "&")
      .replace(/&(?:quot|apos|lt|gt|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});/gi, " ");
    if (next === read) break;
    read = next;
  }
  return read.normalize("NFKC").replace(/[\u00ad\u200b-\u200f\u2060-\u2069\ufeff]/g, "");
}

/**
 * Reads a text that holds a code and nothing else. It may be divided as people write codes: after the
 * prefix, and within the body; by spaces into equal parts only, because other words are sentences.
 */
function codeAlone(text: string): string | null {
  const trimmed = text.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  const parts = trimmed.split(/[^A-Za-z0-9]+/);
  if (parts.length > 1) {
    const body: string[] = [];
    let length = 0;
    while (parts.length > 0 && length < CODE_BODY_LENGTH) {
      const part = parts.pop() ?? "";
      body.push(part);
      length += part.length;
    }
    if (length !== CODE_BODY_LENGTH) return null;
    if (parts.length > 1 && [...parts, ...body].some((part) => part.length > 1)) return null;
    if (/\s/.test(trimmed)) {
      if (body.some((part) => part.length !== body[0]?.length)) return null;
      // Words in small letters, such as "my internet"; "ref" before eight letters says what they are.
      const isNamed = /^ref$/i.test(parts.join(""));
      if (!isNamed && !/[0-9]/.test(trimmed) && trimmed !== trimmed.toUpperCase()) return null;
    }
  }
  // Names in programs, such as "toString".
  const letters = trimmed.replace(/^ref/i, "");
  if (
    /^[a-z]+$/i.test(letters) &&
    ![letters.toUpperCase(), letters.toLowerCase()].includes(letters)
  ) {
    return null;
  }
  return normaliseReferralCode(trimmed);
}

/** The code at the start of a link's value; what people wrote after the link is cut off. */
function codeAtStart(value: string): string | null {
  const text = value.replaceAll("+", " ").replace(/^[^A-Za-z0-9]+/, "");
  const hyphenated = HYPHENATED_AT_START.exec(text);
  if (hyphenated) return normaliseReferralCode(hyphenated[0]);
  const [firstWord = ""] = text.split(/[\s"'<>()[\]{}*|,/\\]/);
  return codeAlone(firstWord) ?? codeAlone(text);
}

const lastCodeOf = (matches: Iterable<RegExpMatchArray>): string | null =>
  Array.from(matches, (match) => codeAtStart(match[1] ?? "")).findLast((code) => code !== null) ??
  null;

/** How sure a hyphenated match is a code and not two words; null where it is no code. */
function evidenceOf([whole, prefix = "", body = ""]: RegExpMatchArray): number | null {
  if (normaliseReferralCode(whole) === null) return null;
  if (/[0-9]/.test(body) && /[A-Za-z]/.test(body)) return 3;
  const isUpperCase = whole === whole.toUpperCase() && /[A-Z]/.test(prefix);
  // Letters only in small letters are words, such as "self-employed".
  if (!/[0-9]/.test(body)) return isUpperCase || /^ref$/i.test(prefix) ? 2 : null;
  return isUpperCase || /^ref$/i.test(prefix) ? 1 : null;
}

function hyphenatedCode(text: string): string | null {
  let best: { code: string; evidence: number } | null = null;
  for (const match of text.matchAll(HYPHENATED_IN_TEXT)) {
    const evidence = evidenceOf(match);
    const code = normaliseReferralCode(match[0]);
    if (code && evidence !== null && evidence >= (best?.evidence ?? 0)) best = { code, evidence };
  }
  return best?.code ?? null;
}

/** The last body without prefix that has letters and digits: words and numbers are no codes. */
function bareCode(text: string): string | null {
  const bodies = Array.from(text.matchAll(BODY_IN_TEXT), ([body]) => body);
  return (
    bodies
      .filter((body) => /[0-9]/.test(body) && /[A-Za-z]/.test(body))
      .map(normaliseReferralCode)
      .findLast((code) => code !== null) ?? null
  );
}

/**
 * The code of a link's query, however the link was passed on: encoded, with `&amp;`, with a second
 * `?`, with `REF` for `ref`, with punctuation or text around it. Of several the last valid one
 * counts. Null without one.
 */
export function findLinkedCode(search: string): string | null {
  return lastCodeOf(decoded(search).matchAll(PARAMETER));
}

/** Where a code was found: in a link or as a whole, or as what may be half of one being typed. */
export interface FoundCode {
  code: string;
  /** False while more characters could still make another code of it. */
  isCertain: boolean;
}

/** `findReferralCode`, and whether a person who is still typing could mean another code. */
export function findCode(text: string): FoundCode | null {
  const read = decoded(text);
  const certain =
    lastCodeOf(read.matchAll(PARAMETER)) ??
    lastCodeOf(read.matchAll(SHORT_PATH)) ??
    hyphenatedCode(read);
  if (certain) return { code: certain, isCertain: true };
  const alone = codeAlone(read);
  // A code of one piece comes with its prefix; in a sentence the word before it is none.
  const code = /\s/.test(read.trim()) ? (bareCode(read) ?? alone) : (alone ?? bareCode(read));
  return code ? { code, isCertain: false } : null;
}

/**
 * Finds the code in whatever people paste or type: a code in any spelling, a link, or a whole message
 * around either. A link counts before a code in the text, and of several the last one. Returns it
 * as `normaliseReferralCode` does; null without one. Reads the first 4,000 characters.
 */
export const findReferralCode = (text: string): string | null => findCode(text)?.code ?? null;

/** Whether two normalised codes are one: either may be written without its prefix. */
export const sameCode = (one: string, other: string): boolean =>
  one.slice(-CODE_BODY_LENGTH) === other.slice(-CODE_BODY_LENGTH);

/**
 * Where a short link leads: `CODE`, or `CODE/package`, to that package or to all of them, with the
 * code if it is one.
 *
 * @param segments the decoded parts of the path after `/r/`.
 */
export function shortLinkTarget(segments: readonly string[]): string {
  const [first = "", slug = ""] = segments;
  const code = findReferralCode(first);
  const target = new URLSearchParams();
  const hasPackage = /^[a-z0-9][a-z0-9-]{0,79}$/i.test(slug);
  if (hasPackage) target.set("package", slug.toLowerCase());
  if (code) target.set("ref", code);
  const query = target.size > 0 ? `?${target}` : "";
  return `${hasPackage ? "/order/account" : "/packages"}${query}`;
}

const withoutTrailingSlash = (siteUrl: string): string => siteUrl.replace(/\/+$/, "");

/** The link that a customer shares. */
export function referralLink(siteUrl: string, code: string): string {
  return `${withoutTrailingSlash(siteUrl)}/?ref=${encodeURIComponent(code)}`;
}

/** The short form for print and QR codes; it redirects to the packages. */
export function referralShortLink(siteUrl: string, code: string): string {
  return `${withoutTrailingSlash(siteUrl)}/r/${encodeURIComponent(code)}`;
}
