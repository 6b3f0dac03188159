import type { Metadata } from "next";
import { Faq } from "@/components/public/landing/faq";
import { Hero } from "@/components/public/landing/hero";
import { HowItWorks } from "@/components/public/landing/how-it-works";
import { PackageTeaser } from "@/components/public/landing/package-teaser";
import { getPublicSite } from "@/lib/composition/public-site";

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
