import type { Metadata } from "next";
import { PackageGrid } from "@/components/public/packages/package-card";
import { MailLink, TextLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { getInviter } from "@/lib/composition/invitation";
import { pageTexts } from "@/lib/composition/page-language";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const [{ brandName }, t] = await Promise.all([getPublicSite(), pageTexts("landing")]);
  return shareMetadata({
    title: t("packages.title"),
    description: t("packages.description", { brand: brandName }),
    path: "/packages",
  });
}

export default async function PackagesPage() {
  const [{ packages, currency, terms, supportEmail }, inviter, t, connecting] = await Promise.all([
    getPublicSite(),
    getInviter(),
    pageTexts("landing"),
    pageTexts("connecting"),
  ]);
  return (
    <div className="mx-auto max-w-6xl px-4 py-10 sm:px-6 sm:py-16">
      <PageHeader
        title={t("packages.heading")}
        description={
          <>
            <p>{t("packages.intro")}</p>
            {inviter ? (
              <p className="wrap-anywhere mt-2">
                {t.rich("packages.invitation", {
                  name: () => <bdi>{inviter.firstName}</bdi>,
                  samePrice: connecting("samePrice"),
                })}
              </p>
            ) : null}
          </>
        }
      />
      {packages.length > 0 ? (
        <PackageGrid packages={packages} currency={currency} t={t} />
      ) : (
        <EmptyState title={t("packages.none")}>
          {t.rich("packages.noneText", {
            email: () => <MailLink address={supportEmail} />,
          })}
        </EmptyState>
      )}
      {mayPromote(terms, false) && !inviter ? (
        <p className="mt-8 max-w-2xl text-sm text-text-muted">
          {t.rich("packages.earn", {
            friends: terms.referrals_required,
            words: t.inWords(terms.referrals_required),
            refer: (text) => <TextLink href="/refer">{text}</TextLink>,
          })}
        </p>
      ) : null}
    </div>
  );
}
