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
    packages: site.packages,
  };
}
