import type { Metadata } from "next";
import { TermsDocument } from "@/components/public/refer/terms-document";
import { getPublicSite, getTermsVersions } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName, terms } = await getPublicSite();
  return shareMetadata({
    title: "Referral terms",
    description: `The rules of the ${brandName} referral programme, in plain words.`,
    path: mayPromote(terms, false) ? "/terms" : null,
  });
}

export default async function TermsPage() {
  const [site, { versions, currentVersion }] = await Promise.all([
    getPublicSite(),
    getTermsVersions(null),
  ]);
  return (
    <TermsDocument
      site={site}
      terms={site.terms}
      versions={versions}
      currentVersion={currentVersion}
    />
  );
}
