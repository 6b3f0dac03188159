import { z } from "zod";

/** Crockford base32: no I, L, O or U, so a code read aloud or copied by hand stays itself. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_BODY_LENGTH = 8;

/** Remembers the invitation until the order is placed. */
export const REFERRAL_COOKIE = "referral";
/** Identifies a browser among the recorded visits. */
export const VISITOR_COOKIE = "visitor";

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

const withoutTrailingSlash = (siteUrl: string): string => siteUrl.replace(/\/+$/, "");

/** The link that a customer shares. */
export function referralLink(siteUrl: string, code: string): string {
  return `${withoutTrailingSlash(siteUrl)}/?ref=${encodeURIComponent(code)}`;
}

/** The short form for print and QR codes; it redirects to the packages. */
export function referralShortLink(siteUrl: string, code: string): string {
  return `${withoutTrailingSlash(siteUrl)}/r/${encodeURIComponent(code)}`;
}

const referralCookieSchema = z.object({
  code: z.string().refine((code) => normaliseReferralCode(code) === code),
  firstName: z.string().max(200),
});

export type ReferralCookie = z.infer<typeof referralCookieSchema>;

/** The cookie's value: URI-encoded JSON, safe as it stands in a header. */
export function serialiseReferralCookie(cookie: ReferralCookie): string {
  // Half a surrogate pair cannot be encoded, so it is replaced.
  const firstName = cookie.firstName.replace(/\p{Surrogate}/gu, "\ufffd");
  return encodeURIComponent(JSON.stringify({ code: cookie.code, firstName }));
}

/**
 * Reads the cookie, encoded or already decoded by the framework. Anything that was not written
 * by `serialiseReferralCookie` is null: a cookie is user input.
 */
export function parseReferralCookie(value: string | null | undefined): ReferralCookie | null {
  if (!value) return null;
  try {
    const json = value.startsWith("{") ? value : decodeURIComponent(value);
    return referralCookieSchema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}

/** Reads the visitor cookie. Null for anything that is no visitor's id: a cookie is user input. */
export const parseVisitorId = (value: string | undefined): string | null =>
  z.guid().safeParse(value).data ?? null;
