import { z } from "zod";
import { normaliseReferralCode } from "./referral-code";

/** The cookies of an invitation. Apart from the code itself, which browsers read without a validator. */

/** Remembers the invitation until the order is placed. */
export const REFERRAL_COOKIE = "referral";
/** Identifies a browser among the recorded visits. */
export const VISITOR_COOKIE = "visitor";

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
