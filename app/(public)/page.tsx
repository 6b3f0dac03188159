import type { Metadata } from "next";
import { Faq } from "@/components/marketing/faq";
import { Hero } from "@/components/marketing/hero";
import { HowItWorks } from "@/components/marketing/how-it-works";
import { PackageTeaser } from "@/components/marketing/package-teaser";
import { getPublicSite } from "@/lib/site/public-site";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return {
    title: { absolute: `${brandName}: home internet, better with friends` },
    description: `Home internet from ${brandName}. Invite friends and earn free months.`,
  };
}

export default async function LandingPage() {
  const { brandName, terms, packages, currency } = await getPublicSite();
  return (
    <>
      <Hero brandName={brandName} terms={terms} packages={packages} currency={currency} />
      <HowItWorks terms={terms} />
      {packages.length > 0 ? <PackageTeaser packages={packages} currency={currency} /> : null}
      <Faq terms={terms} />
    </>
  );
}
