import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { LinkButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Money } from "@/components/ui/text";
import type { Texts } from "@/lib/language/translator";
import type { PublicSite } from "@/lib/programme/public-site";

/** A package as the public pages show it. Price in cents per month, VAT included. */
export type PublicPackage = PublicSite["packages"][number];

type HeadingLevel = "h2" | "h3";
type PackageCardProps = {
  item: PublicPackage;
  currency: string;
  headingLevel: HeadingLevel;
  t: Texts<"landing">;
};

function Speed({ icon, label, speed }: { icon: ReactNode; label: string; speed: string }) {
  return (
    <div className="flex items-center gap-2">
      <span aria-hidden="true" className="text-text-muted [&_svg]:size-4">
        {icon}
      </span>
      <dt className="text-text-muted">{label}</dt>
      <dd className="ml-auto font-medium">{speed}</dd>
    </div>
  );
}

/** One package with its speeds, its price and the link to order it. */
function PackageCard({ item, currency, headingLevel: Heading, t }: PackageCardProps) {
  const speed = (mbps: number) => t("packages.speed", { mbps: String(mbps) });
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
        <span className="text-sm text-text-muted">{t("packages.aMonth")}</span>
      </p>
      <dl className="mt-6 flex flex-col gap-2 border-t pt-4 text-sm">
        <Speed
          icon={<ArrowDown />}
          label={t("packages.download")}
          speed={speed(item.download_mbps)}
        />
        <Speed icon={<ArrowUp />} label={t("packages.upload")} speed={speed(item.upload_mbps)} />
      </dl>
      <div className="mt-6 flex grow items-end">
        <LinkButton
          href={`/order/account?package=${encodeURIComponent(item.slug)}`}
          variant="primary"
          block
        >
          {t.rich("packages.order", {
            name: () => <span className="sr-only"> {item.name}</span>,
          })}
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
  t: Texts<"landing">;
};

/** All packages side by side: one column on phones, three or four on wide screens. */
export function PackageGrid({ packages, currency, headingLevel = "h2", t }: PackageGridProps) {
  return (
    <ul
      className={cn(
        "grid gap-4 sm:grid-cols-2",
        packages.length % 3 === 0 ? "lg:grid-cols-3" : "lg:grid-cols-4",
      )}
    >
      {packages.map((item) => (
        <li key={item.slug} className="min-w-0">
          <PackageCard item={item} currency={currency} headingLevel={headingLevel} t={t} />
        </li>
      ))}
    </ul>
  );
}
