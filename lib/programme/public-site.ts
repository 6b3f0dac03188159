import { z } from "zod";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import { publicTermsSchema } from "./terms";

const publicSiteSchema = z.object({
  brand_name: z.string(),
  support_email: z.string(),
  currency: z.string(),
  time_zone: z.string(),
  terms: publicTermsSchema,
  installation_days: z.number().int().min(1).nullable(),
  packages: z.array(
    z.object({
      slug: z.string(),
      name: z.string(),
      description: z.string(),
      monthly_price_cents: z.number().int(),
      download_mbps: z.number().int(),
      upload_mbps: z.number().int(),
    }),
  ),
});

export interface PublicSite {
  brandName: string;
  supportEmail: string;
  currency: string;
  timeZone: string;
  terms: z.infer<typeof publicTermsSchema>;
  /** Within so many days of the order most homes were connected lately; null while nobody can say. */
  installationDays: number | null;
  packages: z.infer<typeof publicSiteSchema>["packages"];
}

/** Brand, terms and packages, as the public pages show them. @throws AppError `unavailable`, `internal` */
export async function readPublicSite(client: ServerClient): Promise<PublicSite> {
  const site = await callRpc(client, "get_public_site", {}, publicSiteSchema);
  return {
    brandName: site.brand_name,
    supportEmail: site.support_email,
    currency: site.currency,
    timeZone: site.time_zone,
    terms: site.terms,
    installationDays: site.installation_days,
    packages: site.packages,
  };
}

const termsVersionsSchema = z.object({
  terms: publicTermsSchema.nullable(),
  current_version: z.number().int(),
  versions: z.array(z.object({ version: z.number().int(), in_force_from: z.string() })),
});

/** A version of the terms, and the versions there are, newest first. */
export interface TermsVersions {
  /** Null when there is no such version. */
  terms: z.infer<typeof publicTermsSchema> | null;
  currentVersion: number;
  /** `inForceFrom` is an ISO 8601 instant. */
  versions: { version: number; inForceFrom: string }[];
}

/**
 * One version of the programme's terms; the one in force without `version`.
 *
 * @throws AppError `unavailable`, `internal`
 */
export async function readTermsVersions(
  client: ServerClient,
  version: number | null,
): Promise<TermsVersions> {
  const found = await callRpc(
    client,
    "get_terms_versions",
    version === null ? {} : { p_version: version },
    termsVersionsSchema,
  );
  return {
    terms: found.terms,
    currentVersion: found.current_version,
    versions: found.versions.map((one) => ({
      version: one.version,
      inForceFrom: one.in_force_from,
    })),
  };
}
