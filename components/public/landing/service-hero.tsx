import type { PublicPackage } from "@/components/public/packages/package-card";
import { LinkButton } from "@/components/ui/button";
import { Money } from "@/components/ui/text";
import type { Texts } from "@/lib/language/translator";

export type ServiceHeroProps = {
  brandName: string;
  packages: readonly PublicPackage[];
  currency: string;
  t: Texts<"landing">;
};

/** The top of the landing page for somebody whom nobody invited: what the provider offers. */
export function ServiceHero({ brandName, packages, currency, t }: ServiceHeroProps) {
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
            term: t("facts.from"),
            value: <Money cents={lowest.monthly_price_cents} currency={currency} />,
            note: t("facts.fromNote"),
          },
          {
            term: t("facts.upTo"),
            value: t("packages.speed", { mbps: String(fastest) }),
            note: t("facts.upToNote"),
          },
        ]
      : []),
    {
      term: t("facts.today"),
      value: <Money cents={0} currency={currency} />,
      note: t("facts.todayNote"),
    },
  ];
  return (
    <section className="mx-auto max-w-6xl px-4 pt-12 pb-16 sm:px-6 sm:pt-20 sm:pb-24">
      <h1 className="wrap-anywhere max-w-4xl font-semibold text-4xl leading-[1.08] tracking-tight sm:text-5xl lg:text-6xl">
        {t("heading", { brand: brandName })}
      </h1>
      <p className="mt-6 max-w-xl text-lg text-text-muted leading-8">{t("intro")}</p>
      <div className="mt-8 flex flex-col gap-3 sm:flex-row">
        <LinkButton href="/packages" variant="primary" size="lg">
          {t("seePackages")}
        </LinkButton>
        <LinkButton href="/#how-it-works" size="lg">
          {t("whatNext")}
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
