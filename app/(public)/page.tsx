import type { Metadata } from "next";
import { GettingConnected } from "@/components/public/landing/getting-connected";
import { InvitedHero } from "@/components/public/landing/invited-hero";
import { PackageTeaser } from "@/components/public/landing/package-teaser";
import { Questions } from "@/components/public/landing/questions";
import { ServiceHero } from "@/components/public/landing/service-hero";
import { invitedQuestions, SERVICE_QUESTIONS } from "@/components/public/landing/service-questions";
import { PackageSection } from "@/components/public/packages/package-section";
import { HowReferringWorks } from "@/components/public/refer/how-referring-works";
import { ReferHero } from "@/components/public/refer/refer-hero";
import { referQuestions } from "@/components/public/refer/refer-questions";
import { LinkButton } from "@/components/ui/button";
import { getInviter } from "@/lib/composition/invitation";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import type { PublicSite } from "@/lib/programme/public-site";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return shareMetadata({
    title: { absolute: `${brandName}: home internet` },
    description: `Home internet from ${brandName}: packages with their prices, ordered in a few minutes and installed by a technician.`,
    path: "/",
  });
}

type SiteProps = { site: PublicSite };

/** For somebody who was invited: by whom, what it means for them, and the packages at once. */
function InvitedPage({ site, firstName }: SiteProps & { firstName: string }) {
  const { brandName, terms, packages, currency, installationDays } = site;
  return (
    <>
      <InvitedHero
        firstName={firstName}
        brandName={brandName}
        installationDays={installationDays}
      />
      {packages.length > 0 ? <PackageSection packages={packages} currency={currency} /> : null}
      <GettingConnected installationDays={installationDays} />
      <Questions questions={invitedQuestions(firstName, terms.attribution_days)} />
    </>
  );
}

/** What the provider offers, without a word about what referring earns. */
function ServicePage({ site }: SiteProps) {
  const { brandName, packages, currency, installationDays } = site;
  return (
    <>
      <ServiceHero brandName={brandName} packages={packages} currency={currency} />
      {packages.length > 0 ? <PackageTeaser packages={packages} currency={currency} /> : null}
      <GettingConnected installationDays={installationDays} />
      <Questions questions={SERVICE_QUESTIONS} />
    </>
  );
}

/** What the provider offers and what referring earns, where the programme is promoted to everyone. */
function PromotedPage({ site }: SiteProps) {
  const { brandName, terms, packages, currency, installationDays } = site;
  return (
    <>
      <ReferHero brandName={brandName} terms={terms} packages={packages} currency={currency}>
        <LinkButton href="/packages" variant="primary" size="lg">
          See the packages
        </LinkButton>
        <LinkButton href="/#how-referring-works" size="lg">
          How referring works
        </LinkButton>
      </ReferHero>
      <HowReferringWorks terms={terms} />
      {packages.length > 0 ? <PackageTeaser packages={packages} currency={currency} /> : null}
      <GettingConnected installationDays={installationDays} />
      <Questions questions={[...SERVICE_QUESTIONS, ...referQuestions(terms, currency)]} />
    </>
  );
}

export default async function LandingPage() {
  const [site, inviter] = await Promise.all([getPublicSite(), getInviter()]);
  if (inviter) return <InvitedPage site={site} firstName={inviter.firstName} />;
  return mayPromote(site.terms, false) ? <PromotedPage site={site} /> : <ServicePage site={site} />;
}
