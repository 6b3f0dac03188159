import type { Metadata } from "next";
import { PackageGrid } from "@/components/public/packages/package-card";
import { TextLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { getInviter } from "@/lib/composition/invitation";
import { getPublicSite } from "@/lib/composition/public-site";
import { shareMetadata } from "@/lib/composition/share-metadata";
import { SAME_PRICE } from "@/lib/orders/getting-connected";
import { mayPromote } from "@/lib/programme/terms";
import { everyFriend } from "@/lib/words";

export async function generateMetadata(): Promise<Metadata> {
  const { brandName } = await getPublicSite();
  return shareMetadata({
    title: "Packages",
    description: `Home internet packages from ${brandName}, with prices per month including VAT.`,
    path: "/packages",
  });
}

export default async function PackagesPage() {
  const [{ packages, currency, terms, supportEmail }, inviter] = await Promise.all([
    getPublicSite(),
    getInviter(),
  ]);
  return (
    <div className="mx-auto max-w-6xl px-4 py-10 sm:px-6 sm:py-16">
      <PageHeader
        title="Choose your package"
        description={
          <>
            <p>
              Prices are per month and include VAT. You pay from the day on which your service is
              active.
            </p>
            {inviter ? (
              <p className="wrap-anywhere mt-2">
                The invitation by <bdi>{inviter.firstName}</bdi> goes with your order. {SAME_PRICE}
              </p>
            ) : null}
          </>
        }
      />
      {packages.length > 0 ? (
        <PackageGrid packages={packages} currency={currency} />
      ) : (
        <EmptyState title="There is no package on sale at the moment">
          Please write to <a href={`mailto:${supportEmail}`}>{supportEmail}</a>, and we will help
          you.
        </EmptyState>
      )}
      {mayPromote(terms, false) && !inviter ? (
        <p className="mt-8 max-w-2xl text-sm text-text-muted">
          Once you are connected, you earn a free month for {everyFriend(terms.referrals_required)}{" "}
          you invite. <TextLink href="/refer">How referring works</TextLink>
        </p>
      ) : null}
    </div>
  );
}
