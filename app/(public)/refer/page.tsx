import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { Questions } from "@/components/public/landing/questions";
import { HowReferringWorks } from "@/components/public/refer/how-referring-works";
import { ReferHero } from "@/components/public/refer/refer-hero";
import { referQuestions } from "@/components/public/refer/refer-questions";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { pageTexts } from "@/lib/composition/page-language";
import { getPageSession } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const [{ brandName, terms }, t] = await Promise.all([getPublicSite(), pageTexts("refer")]);
  if (!mayPromote(terms, false)) return { title: t("title"), robots: { index: false } };
  return shareMetadata({
    title: t("title"),
    description: t("description", { brand: brandName }),
    path: "/refer",
  });
}

/** How referring works: for customers, and for everyone where the programme is promoted to all. */
export default async function ReferPage() {
  const [site, page, t, landing] = await Promise.all([
    getPublicSite(),
    getPageSession(),
    pageTexts("refer"),
    pageTexts("landing"),
  ]);
  const { brandName, terms, packages, currency } = site;
  if (!page && !mayPromote(terms, false)) redirect("/sign-in?next=/refer");
  return (
    <>
      {terms.is_paused ? (
        <div className="mx-auto max-w-6xl px-4 pt-8 sm:px-6">
          <Notice tone="warning" title={t("pausedTitle")}>
            {t("paused")}
          </Notice>
        </div>
      ) : null}
      <ReferHero brandName={brandName} terms={terms} packages={packages} currency={currency} t={t}>
        {page ? (
          <LinkButton href="/dashboard#referrals" variant="primary" size="lg">
            {t("shareLink")}
          </LinkButton>
        ) : (
          <>
            <LinkButton href="/sign-in?next=/dashboard" variant="primary" size="lg">
              {t("signInForLink")}
            </LinkButton>
            <LinkButton href="/packages" size="lg">
              {landing("seePackages")}
            </LinkButton>
          </>
        )}
      </ReferHero>
      <HowReferringWorks terms={terms} t={t} />
      <Questions heading={landing("questions")} questions={referQuestions(terms, currency, t)} />
    </>
  );
}
