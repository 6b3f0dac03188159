import { ArrowRight } from "lucide-react";
import Link from "next/link";
import type { PublicPackage } from "@/components/public/packages/package-card";
import { TextLink } from "@/components/ui/button";
import { Money } from "@/components/ui/text";
import type { Texts } from "@/lib/language/translator";

export type PackageTeaserProps = {
  packages: readonly PublicPackage[];
  currency: string;
  t: Texts<"landing">;
};

/** The packages in short, with a link to the page that compares them. */
export function PackageTeaser({ packages, currency, t }: PackageTeaserProps) {
  return (
    <section aria-labelledby="packages-title" className="border-t">
      <div className="mx-auto grid max-w-6xl gap-x-16 gap-y-8 px-4 py-16 sm:px-6 sm:py-24 lg:grid-cols-[1fr_1.6fr]">
        <div>
          <h2 id="packages-title" className="font-semibold text-2xl tracking-tight sm:text-3xl">
            {t("packages.title")}
          </h2>
          <p className="mt-3 max-w-md text-text-muted leading-7">{t("packages.introDayOn")}</p>
          <TextLink
            href="/packages"
            className="mt-4 inline-flex items-center text-sm pointer-coarse:min-h-11"
          >
            {t("packages.compare")}
          </TextLink>
        </div>
        <ul className="divide-y divide-border border-y">
          {packages.map((item) => (
            <li key={item.slug}>
              <Link
                href={`/order/account?package=${encodeURIComponent(item.slug)}`}
                className="group flex items-center gap-4 rounded-sm py-5"
              >
                <span className="min-w-0 flex-1">
                  <span className="block font-medium group-hover:text-accent-strong">
                    {item.name}
                  </span>
                  <span className="mt-0.5 block text-sm text-text-muted">
                    {t("packages.speeds", {
                      down: String(item.download_mbps),
                      up: String(item.upload_mbps),
                    })}
                  </span>
                </span>
                <Money
                  cents={item.monthly_price_cents}
                  currency={currency}
                  className="font-medium"
                />
                <ArrowRight
                  aria-hidden="true"
                  className="size-4 shrink-0 text-text-muted transition-transform duration-150 group-hover:translate-x-1 group-hover:text-accent-strong"
                />
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
