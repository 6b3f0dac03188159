import type { Texts } from "@/lib/language/translator";
import { PackageGrid, type PublicPackage } from "./package-card";

export type PackageSectionProps = {
  packages: readonly PublicPackage[];
  currency: string;
  t: Texts<"landing">;
};

/** The packages side by side, as a part of a page. */
export function PackageSection({ packages, currency, t }: PackageSectionProps) {
  return (
    <section id="packages" aria-labelledby="packages-title" className="scroll-mt-8 border-t">
      <div className="mx-auto max-w-6xl px-4 py-14 sm:px-6 sm:py-20">
        <h2 id="packages-title" className="font-semibold text-2xl tracking-tight sm:text-3xl">
          {t("packages.heading")}
        </h2>
        <p className="mt-3 mb-8 max-w-2xl text-text-muted leading-7">{t("packages.introByDay")}</p>
        <PackageGrid packages={packages} currency={currency} headingLevel="h3" t={t} />
      </div>
    </section>
  );
}
