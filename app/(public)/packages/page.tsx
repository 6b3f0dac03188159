import type { Metadata } from "next";
import { PackageGrid } from "@/components/public/packages/package-card";
import { TextLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { everyFriend } from "@/components/ui/wording";
import { getPublicSite } from "@/lib/composition/public-site";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return {
    title: "Packages",
    description: `Home internet packages from ${brandName}, with prices per month including VAT.`,
  };
}

export default async function PackagesPage() {
  const { packages, currency, terms, supportEmail } = await getPublicSite();
  return (
    <div className="mx-auto max-w-6xl px-4 py-10 sm:px-6 sm:py-16">
      <PageHeader
        title="Choose your package"
        description="Prices are per month and include VAT. You pay from the day on which your service is active."
      />
      {packages.length > 0 ? (
        <PackageGrid packages={packages} currency={currency} />
      ) : (
        <EmptyState title="There is no package on sale at the moment">
          Please write to <a href={`mailto:${supportEmail}`}>{supportEmail}</a>, and we will help
          you.
        </EmptyState>
      )}
      <p className="mt-8 max-w-2xl text-sm text-text-muted">
        Once you are connected, you earn a free month for {everyFriend(terms.referrals_required)}{" "}
        you invite. The rules are in the <TextLink href="/terms">referral terms</TextLink>.
      </p>
    </div>
  );
}
