import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { Questions } from "@/components/public/landing/questions";
import { HowReferringWorks } from "@/components/public/refer/how-referring-works";
import { ReferHero } from "@/components/public/refer/refer-hero";
import { referQuestions } from "@/components/public/refer/refer-questions";
import { LinkButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { getPageSession } from "@/lib/composition/page-session";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { mayPromote } from "@/lib/programme/terms";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName, terms } = await getPublicSite();
  if (!mayPromote(terms, false)) return { title: "Invite friends", robots: { index: false } };
  return shareMetadata({
    title: "Invite friends",
    description: `How ${brandName} customers earn free months by inviting friends.`,
    path: "/refer",
  });
}

/** How referring works: for customers, and for everyone where the programme is promoted to all. */
export default async function ReferPage() {
  const [site, page] = await Promise.all([getPublicSite(), getPageSession()]);
  const { brandName, terms, packages, currency } = site;
  if (!page && !mayPromote(terms, false)) redirect("/sign-in?next=/refer");
  return (
    <>
      {terms.is_paused ? (
        <div className="mx-auto max-w-6xl px-4 pt-8 sm:px-6">
          <Notice tone="warning" title="The referral programme is paused">
            New referrals are not recorded at the moment. What you have earned stays yours.
          </Notice>
        </div>
      ) : null}
      <ReferHero brandName={brandName} terms={terms} packages={packages} currency={currency}>
        {page ? (
          <LinkButton href="/dashboard#referrals" variant="primary" size="lg">
            Share your link
          </LinkButton>
        ) : (
          <>
            <LinkButton href="/sign-in?next=/dashboard" variant="primary" size="lg">
              Sign in to get your link
            </LinkButton>
            <LinkButton href="/packages" size="lg">
              See the packages
            </LinkButton>
          </>
        )}
      </ReferHero>
      <HowReferringWorks terms={terms} />
      <Questions questions={referQuestions(terms, currency)} />
    </>
  );
}
