import "server-only";
import { cookies, headers } from "next/headers";
import { cache } from "react";
import { getEnv } from "@/lib/env";
import { pageLanguageOf } from "@/lib/http/request-language";
import { textsIn } from "@/lib/language/catalogue";
import {
  LANGUAGE_COOKIE,
  LANGUAGE_COOKIE_SECONDS,
  type Language,
  type PageLanguage,
} from "@/lib/language/languages";
import type { Area } from "@/lib/language/messages/en";
import type { Texts } from "@/lib/language/translator";

/** The language of the page being rendered. */
export const getPageLanguage = cache(
  async (): Promise<PageLanguage> => pageLanguageOf(await headers()),
);

/** The texts of an area, in the language of the page being rendered. */
export async function pageTexts<A extends Area>(area: A): Promise<Texts<A>> {
  return textsIn(await getPageLanguage(), area);
}

/** Remembers the language in which this browser shows the site. */
export async function chooseLanguage(language: Language): Promise<void> {
  (await cookies()).set(LANGUAGE_COOKIE, language, {
    httpOnly: true,
    sameSite: "lax",
    secure: getEnv().SITE_URL.startsWith("https://"),
    path: "/",
    maxAge: LANGUAGE_COOKIE_SECONDS,
  });
}
