import "server-only";
import { cache } from "react";
import { type PublicSite, readPublicSite } from "@/lib/programme/public-site";
import { createServerClient } from "@/lib/supabase/clients";

/** Brand, terms and packages for the page being rendered; read once per request. @throws AppError */
export const getPublicSite = cache((): Promise<PublicSite> => readPublicSite(createServerClient()));
