import type { Metadata } from "next";
import { TermsDocument } from "@/components/public/refer/terms-document";
import { pageTexts } from "@/lib/composition/page-language";
import { getPublicSite, getTermsVersions } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const [{ brandName, terms }, t] = await Promise.all([getPublicSite(), pageTexts("terms")]);
  return shareMetadata({
    title: t("title"),
    description: t("description", { brand: brandName }),
    path: mayPromote(terms, false) ? "/terms" : null,
  });
}

export default async function TermsPage() {
  const [site, { versions, currentVersion }, t] = await Promise.all([
    getPublicSite(),
    getTermsVersions(null),
    pageTexts("terms"),
  ]);
  return (
    <TermsDocument
      site={site}
      terms={site.terms}
      versions={versions}
      currentVersion={currentVersion}
      t={t}
    />
  );
}
