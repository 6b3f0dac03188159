import "server-only";
import type { Metadata } from "next";
import { getEnv } from "@/lib/env";
import { languageTag } from "@/lib/language/languages";
import { getInviter } from "./invitation";
import { pageTexts } from "./page-language";
import { getPublicSite } from "./public-site";

/** The picture's size in pixels, as messengers and social networks expect it. */
export const SHARE_PICTURE = { width: 1200, height: 630 } as const;

/** Names of scripts that run from right to left must not turn the words around them. */
const isolated = (name: string): string =>
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u.test(name) ? `\u2068${name}\u2069` : name;

export interface SharedPage {
  title: NonNullable<Metadata["title"]>;
  description: string;
  /** The page's own address, for search engines; null for a page that they leave out. */
  path: string | null;
}

/**
 * Title, description and picture of a page, as search engines and messengers read them. A page that
 * was opened with somebody's link is shown as their invitation.
 *
 * @throws AppError
 */
export async function shareMetadata({ title, description, path }: SharedPage): Promise<Metadata> {
  const [{ brandName }, inviter, t, connecting] = await Promise.all([
    getPublicSite(),
    getInviter(),
    pageTexts("landing"),
    pageTexts("connecting"),
  ]);
  const at = (address: string) => new URL(address, getEnv().SITE_URL).href;
  const plainTitle = typeof title === "string" ? `${title} · ${brandName}` : undefined;
  const shared = inviter
    ? {
        title: t("invited.title", { name: isolated(inviter.firstName), brand: brandName }),
        description: t("invited.description", {
          brand: brandName,
          samePrice: connecting("samePrice"),
        }),
      }
    : {
        title: plainTitle ?? (title as { absolute?: string }).absolute ?? brandName,
        description,
      };
  const picture = {
    url: at(`/share-picture/${inviter ? encodeURIComponent(inviter.code) : "home"}.png`),
    ...SHARE_PICTURE,
    type: "image/png",
    alt: shared.title,
  };
  return {
    title,
    description: inviter ? shared.description : description,
    // Copies of a page with somebody's code are no pages of their own. The address is not named
    // for them, because some readers would show what they find there instead.
    ...(inviter || path === null
      ? { robots: { index: false } }
      : { alternates: { canonical: at(path) } }),
    openGraph: {
      type: "website",
      siteName: brandName,
      locale: languageTag(t.language).replace("-", "_"),
      title: shared.title,
      description: shared.description,
      images: [picture],
    },
    twitter: {
      card: "summary_large_image",
      title: shared.title,
      description: shared.description,
      images: [picture],
    },
  };
}
