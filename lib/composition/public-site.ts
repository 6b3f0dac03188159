import "server-only";
import { cache } from "react";
import { getEnv } from "@/lib/env";
import { KeptCopies, PUBLIC_PATIENCE } from "@/lib/kept-copies";
import {
  type PublicSite,
  readPublicSite,
  readTermsVersions,
  type TermsVersions,
} from "@/lib/programme/public-site";
import { createServerClient } from "@/lib/supabase/clients";

let kept: KeptCopies<PublicSite> | undefined;

/**
 * Brand, terms and packages for the page being rendered; read once per request, and at most once in
 * PUBLIC_COPY_SECONDS. While the database is slow or gone, what was known last is shown.
 *
 * @throws AppError when nothing was known yet.
 */
export const getPublicSite = cache((): Promise<PublicSite> => {
  kept ??= new KeptCopies({ freshMs: getEnv().PUBLIC_COPY_SECONDS * 1000, ...PUBLIC_PATIENCE });
  return kept.get("", () => readPublicSite(createServerClient()));
});

/** A version of the programme's terms, the current one for null, and which there are. @throws AppError */
export const getTermsVersions = (version: number | null): Promise<TermsVersions> =>
  readTermsVersions(createServerClient(), version);
