import type { MetadataRoute } from "next";
import { getEnv } from "@/lib/env";

export const dynamic = "force-dynamic";

const PRIVATE = ["/admin", "/api/", "/dashboard", "/invoices", "/credit-notes", "/profile"];
/** Readers of single links, which show a preview where somebody shared one. They index nothing. */
const MESSENGERS = [
  "facebookexternalhit",
  "Facebot",
  "WhatsApp",
  "Twitterbot",
  "LinkedInBot",
  "Slackbot-LinkExpanding",
  "TelegramBot",
  "Discordbot",
];

/** Which pages search engines read. */
export default function robots(): MetadataRoute.Robots {
  return {
    rules: [
      { userAgent: "*", disallow: [...PRIVATE, "/order"] },
      // A shared link may lead to the order of one package.
      { userAgent: MESSENGERS, disallow: PRIVATE },
    ],
    sitemap: new URL("/sitemap.xml", getEnv().SITE_URL).href,
  };
}
