import type { PublicPackage } from "@/components/public/packages/package-card";
import { LinkButton } from "@/components/ui/button";
import { Money } from "@/components/ui/text";

export type ServiceHeroProps = {
  brandName: string;
  packages: readonly PublicPackage[];
  currency: string;
};

/** The top of the landing page for somebody whom nobody invited: what the provider offers. */
export function ServiceHero({ brandName, packages, currency }: ServiceHeroProps) {
  const lowest = packages.reduce<PublicPackage | null>(
    (least, item) =>
      least && least.monthly_price_cents <= item.monthly_price_cents ? least : item,
    null,
  );
  const fastest = Math.max(0, ...packages.map((item) => item.download_mbps));
  const facts = [
    ...(lowest
      ? [
          {
            term: "From",
            value: <Money cents={lowest.monthly_price_cents} currency={currency} />,
            note: "a month, including VAT",
          },
          { term: "Up to", value: `${fastest} Mbps`, note: "download" },
        ]
      : []),
    {
      term: "Today",
      value: <Money cents={0} currency={currency} />,
      note: "to pay when you order",
    },
  ];
  return (
    <section className="mx-auto max-w-6xl px-4 pt-12 pb-16 sm:px-6 sm:pt-20 sm:pb-24">
      <h1 className="wrap-anywhere max-w-4xl font-semibold text-4xl leading-[1.08] tracking-tight sm:text-5xl lg:text-6xl">
        Home internet from {brandName}
      </h1>
      <p className="mt-6 max-w-xl text-lg text-text-muted leading-8">
        Choose a package and order it in a few minutes. A technician connects your home, and you pay
        from the day on which it works.
      </p>
      <div className="mt-8 flex flex-col gap-3 sm:flex-row">
        <LinkButton href="/packages" variant="primary" size="lg">
          See the packages
        </LinkButton>
        <LinkButton href="/#how-it-works" size="lg">
          What happens next
        </LinkButton>
      </div>
      <dl className="mt-14 grid gap-x-8 gap-y-6 border-t pt-8 sm:grid-cols-3">
        {facts.map(({ term, value, note }) => (
          <div key={term} className="flex flex-col">
            <dt className="text-sm text-text-muted">{term}</dt>
            <dd>
              <span className="block font-semibold text-2xl tracking-tight">{value}</span>
              <span className="block text-sm text-text-muted">{note}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
