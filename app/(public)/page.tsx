import type { Metadata } from "next";
import { GettingConnected } from "@/components/public/landing/getting-connected";
import { InvitedHero } from "@/components/public/landing/invited-hero";
import { PackageTeaser } from "@/components/public/landing/package-teaser";
import { Questions } from "@/components/public/landing/questions";
import { ServiceHero } from "@/components/public/landing/service-hero";
import { invitedQuestions, serviceQuestions } from "@/components/public/landing/service-questions";
import { PackageSection } from "@/components/public/packages/package-section";
import { HowReferringWorks } from "@/components/public/refer/how-referring-works";
import { ReferHero } from "@/components/public/refer/refer-hero";
import { referQuestions } from "@/components/public/refer/refer-questions";
import { LinkButton } from "@/components/ui/button";
import { getInviter } from "@/lib/composition/invitation";
import { pageTexts } from "@/lib/composition/page-language";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import type { Texts } from "@/lib/language/translator";
import type { PublicSite } from "@/lib/programme/public-site";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const [{ brandName }, t] = await Promise.all([getPublicSite(), pageTexts("landing")]);
  return shareMetadata({
    title: { absolute: t("title", { brand: brandName }) },
    description: t("description", { brand: brandName }),
    path: "/",
  });
}

type SiteProps = { site: PublicSite; t: Texts<"landing">; connecting: Texts<"connecting"> };

/** For somebody who was invited: by whom, what it means for them, and the packages at once. */
function InvitedPage({ site, firstName, t, connecting }: SiteProps & { firstName: string }) {
  const { brandName, terms, packages, currency, installationDays } = site;
  return (
    <>
      <InvitedHero
        firstName={firstName}
        brandName={brandName}
        installationDays={installationDays}
        t={t}
        connecting={connecting}
      />
      {packages.length > 0 ? (
        <PackageSection packages={packages} currency={currency} t={t} />
      ) : null}
      <GettingConnected
        installationDays={installationDays}
        heading={t("whatNext")}
        t={connecting}
      />
      <Questions
        heading={t("questions")}
        questions={invitedQuestions(firstName, terms.attribution_days, t, connecting)}
      />
    </>
  );
}

/** What the provider offers, without a word about what referring earns. */
function ServicePage({ site, t, connecting }: SiteProps) {
  const { brandName, packages, currency, installationDays } = site;
  return (
    <>
      <ServiceHero brandName={brandName} packages={packages} currency={currency} t={t} />
      {packages.length > 0 ? <PackageTeaser packages={packages} currency={currency} t={t} /> : null}
      <GettingConnected
        installationDays={installationDays}
        heading={t("whatNext")}
        t={connecting}
      />
      <Questions heading={t("questions")} questions={serviceQuestions(t)} />
    </>
  );
}

/** What the provider offers and what referring earns, where the programme is promoted to everyone. */
function PromotedPage({ site, t, connecting, refer }: SiteProps & { refer: Texts<"refer"> }) {
  const { brandName, terms, packages, currency, installationDays } = site;
  return (
    <>
      <ReferHero
        brandName={brandName}
        terms={terms}
        packages={packages}
        currency={currency}
        t={refer}
      >
        <LinkButton href="/packages" variant="primary" size="lg">
          {t("seePackages")}
        </LinkButton>
        <LinkButton href="/#how-referring-works" size="lg">
          {refer("howReferringWorks")}
        </LinkButton>
      </ReferHero>
      <HowReferringWorks terms={terms} t={refer} />
      {packages.length > 0 ? <PackageTeaser packages={packages} currency={currency} t={t} /> : null}
      <GettingConnected
        installationDays={installationDays}
        heading={t("whatNext")}
        t={connecting}
      />
      <Questions
        heading={t("questions")}
        questions={[...serviceQuestions(t), ...referQuestions(terms, currency, refer)]}
      />
    </>
  );
}

export default async function LandingPage() {
  const [site, inviter, t, connecting, refer] = await Promise.all([
    getPublicSite(),
    getInviter(),
    pageTexts("landing"),
    pageTexts("connecting"),
    pageTexts("refer"),
  ]);
  const shown = { site, t, connecting };
  if (inviter) return <InvitedPage {...shown} firstName={inviter.firstName} />;
  if (mayPromote(site.terms, false)) return <PromotedPage {...shown} refer={refer} />;
  return <ServicePage {...shown} />;
}
