import type { MetadataRoute } from "next";
import { getPublicSite } from "@/lib/composition/public-site";
import { getEnv } from "@/lib/env";
import { mayPromote } from "@/lib/programme/terms";

export const dynamic = "force-dynamic";

/** The pages that anybody may find. */
export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  const { terms } = await getPublicSite();
  const paths = ["/", "/packages", ...(mayPromote(terms, false) ? ["/refer", "/terms"] : [])];
  return paths.map((path) => ({ url: new URL(path, getEnv().SITE_URL).href }));
}
