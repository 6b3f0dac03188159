import "server-only";
import { cache } from "react";
import {
  type PublicSite,
  readPublicSite,
  readTermsVersions,
  type TermsVersions,
} from "@/lib/programme/public-site";
import { createServerClient } from "@/lib/supabase/clients";

/** Brand, terms and packages for the page being rendered; read once per request. @throws AppError */
export const getPublicSite = cache((): Promise<PublicSite> => readPublicSite(createServerClient()));

/** A version of the programme's terms, the current one for null, and which there are. @throws AppError */
export const getTermsVersions = (version: number | null): Promise<TermsVersions> =>
  readTermsVersions(createServerClient(), version);
