import { getEnv } from "@/lib/env";
import {
  acceptedLanguage,
  isLanguage,
  isPageLanguage,
  LANGUAGE_COOKIE,
  type PageLanguage,
} from "@/lib/language/languages";

/**
 * The header in which pages are told their language. `proxy.ts` sets it for the public pages and the
 * customer's; the admin area has none and is English.
 */
export const LANGUAGE_HEADER = "x-page-language";

type Head = Pick<Headers, "get">;

function languageCookie(head: Head): string | undefined {
  const cookies = (head.get("cookie") ?? "").split(/;\s*/);
  const start = `${LANGUAGE_COOKIE}=`;
  return cookies.find((cookie) => cookie.startsWith(start))?.slice(start.length);
}

/** The language that a visitor has chosen, else the first of ours that their browser asks for. */
export function requestLanguage(head: Head): PageLanguage {
  const chosen = languageCookie(head);
  if (chosen === "pseudo" && getEnv().PSEUDO_LANGUAGE) return "pseudo";
  return isLanguage(chosen) ? chosen : acceptedLanguage(head.get("accept-language"));
}

/** The language that `proxy.ts` has set for a page. */
export function pageLanguageOf(head: Head): PageLanguage {
  const language = head.get(LANGUAGE_HEADER);
  return isPageLanguage(language) ? language : "en";
}
