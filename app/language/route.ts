import { NextResponse } from "next/server";
import { z } from "zod";
import { safeNextPath } from "@/lib/access/next-path";
import { chooseLanguage } from "@/lib/composition/page-language";
import { getEnv } from "@/lib/env";
import { endpoint } from "@/lib/http/endpoint";
import { route } from "@/lib/http/handler";
import { parseInput, readFormBody } from "@/lib/http/input";
import { RATE_LIMITS } from "@/lib/http/rate-limit";
import { LANGUAGE_NAMES, LANGUAGES } from "@/lib/language/languages";
import { sentence } from "@/lib/language/sentence";

const languages = LANGUAGES.map((language) => LANGUAGE_NAMES[language]).join(", ");
const formSchema = z.object({
  language: z.enum(LANGUAGES, { error: sentence("chooseLanguage", { languages }) }),
});

/** The path of the page that posted the form; other sites' are refused before. */
function pageOf(referer: string | null): string {
  const { SITE_URL } = getEnv();
  const path = referer?.startsWith(`${SITE_URL}/`) ? referer.slice(SITE_URL.length) : null;
  return safeNextPath(path, "/");
}

/** Takes the language that a visitor chooses, and shows the page again. */
export const { GET, POST, PUT, PATCH, DELETE } = endpoint({
  POST: route({ access: "public", rateLimit: RATE_LIMITS.language }, async ({ request }) => {
    const { language } = parseInput(formSchema, await readFormBody(request));
    await chooseLanguage(language);
    return NextResponse.redirect(
      new URL(pageOf(request.headers.get("referer")), getEnv().SITE_URL),
      303,
    );
  }),
});
