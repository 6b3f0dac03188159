import type { MetadataRoute } from "next";
import { getPublicSite } from "@/lib/composition/public-site";
import { textsIn } from "@/lib/language/catalogue";
import { languageTag } from "@/lib/language/languages";

export const dynamic = "force-dynamic";

/** What a phone shows when somebody puts the site on their home screen. */
export default async function manifest(): Promise<MetadataRoute.Manifest> {
  const { brandName } = await getPublicSite();
  // Caches keep it for everybody, so it has one language.
  const t = textsIn("en", "landing");
  return {
    id: "/",
    name: brandName,
    short_name: brandName,
    description: t("account", { brand: brandName }),
    lang: languageTag(t.language),
    start_url: "/dashboard",
    scope: "/",
    display: "standalone",
    background_color: "#ffffff",
    theme_color: "#ffffff",
    icons: [
      { src: "/icons/icon-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
      { src: "/icons/icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
      {
        src: "/icons/icon-maskable-512.png",
        sizes: "512x512",
        type: "image/png",
        purpose: "maskable",
      },
    ],
  };
}
