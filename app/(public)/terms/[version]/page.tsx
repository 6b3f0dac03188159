import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { TermsDocument } from "@/components/public/refer/terms-document";
import { pageTexts } from "@/lib/composition/page-language";
import { getPublicSite, getTermsVersions } from "@/lib/composition/public-site";

type TermsVersionPageProps = { params: Promise<{ version: string }> };

/** Null for what is no number of a version. */
const versionOf = (text: string): number | null =>
  /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;

export async function generateMetadata({ params }: TermsVersionPageProps): Promise<Metadata> {
  const version = versionOf((await params).version);
  const t = await pageTexts("terms");
  return {
    title: version === null ? t("title") : t("versionTitle", { version: String(version) }),
    robots: { index: false },
  };
}

/** A version of the terms: those of a friend who ordered under it. */
export default async function TermsVersionPage({ params }: TermsVersionPageProps) {
  const version = versionOf((await params).version);
  if (version === null) notFound();
  const [site, { terms, versions, currentVersion }, t] = await Promise.all([
    getPublicSite(),
    getTermsVersions(version),
    pageTexts("terms"),
  ]);
  if (terms === null) notFound();
  return (
    <TermsDocument
      site={site}
      terms={terms}
      versions={versions}
      currentVersion={currentVersion}
      t={t}
    />
  );
}
