import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { LinkButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Money } from "@/components/ui/text";
import type { PublicSite } from "@/lib/programme/public-site";

/** A package as the public pages show it. Price in cents per month, VAT included. */
export type PublicPackage = PublicSite["packages"][number];

type HeadingLevel = "h2" | "h3";
type PackageCardProps = { item: PublicPackage; currency: string; headingLevel: HeadingLevel };

function Speed({ icon, label, mbps }: { icon: ReactNode; label: string; mbps: number }) {
  return (
    <div className="flex items-center gap-2">
      <span aria-hidden="true" className="text-text-muted [&_svg]:size-4">
        {icon}
      </span>
      <dt className="text-text-muted">{label}</dt>
      <dd className="ml-auto font-medium">{mbps} Mbps</dd>
    </div>
  );
}

/** One package with its speeds, its price and the link to order it. */
function PackageCard({ item, currency, headingLevel: Heading }: PackageCardProps) {
  return (
    <article className="flex h-full min-w-0 flex-col rounded-card border border-border bg-surface-raised p-6">
      <Heading className="font-semibold text-lg">{item.name}</Heading>
      <p className="mt-1 text-sm text-text-muted">{item.description}</p>
      <p className="mt-6 flex items-baseline gap-1.5">
        <Money
          cents={item.monthly_price_cents}
          currency={currency}
          className="font-semibold text-3xl tracking-tight"
        />
        <span className="text-sm text-text-muted">a month</span>
      </p>
      <dl className="mt-6 flex flex-col gap-2 border-t pt-4 text-sm">
        <Speed icon={<ArrowDown />} label="Download" mbps={item.download_mbps} />
        <Speed icon={<ArrowUp />} label="Upload" mbps={item.upload_mbps} />
      </dl>
      <div className="mt-6 flex grow items-end">
        <LinkButton
          href={`/order/account?package=${encodeURIComponent(item.slug)}`}
          variant="primary"
          block
        >
          Order<span className="sr-only"> {item.name}</span>
        </LinkButton>
      </div>
    </article>
  );
}

export type PackageGridProps = {
  packages: readonly PublicPackage[];
  currency: string;
  /** The level of the packages' names below the heading that stands above them. */
  headingLevel?: HeadingLevel;
};

/** All packages side by side: one column on phones, three or four on wide screens. */
export function PackageGrid({ packages, currency, headingLevel = "h2" }: PackageGridProps) {
  return (
    <ul
      className={cn(
        "grid gap-4 sm:grid-cols-2",
        packages.length % 3 === 0 ? "lg:grid-cols-3" : "lg:grid-cols-4",
      )}
    >
      {packages.map((item) => (
        <li key={item.slug} className="min-w-0">
          <PackageCard item={item} currency={currency} headingLevel={headingLevel} />
        </li>
      ))}
    </ul>
  );
}
