import type { ReactNode } from "react";
import type { PublicPackage } from "@/components/public/packages/package-card";
import type { Texts } from "@/lib/language/translator";
import type { PublicTerms } from "@/lib/programme/terms";
import { RewardDiagram } from "./reward-diagram";

export type ReferHeroProps = {
  brandName: string;
  terms: PublicTerms;
  packages: readonly PublicPackage[];
  currency: string;
  t: Texts<"refer">;
  /** The buttons below the text. */
  children: ReactNode;
};

/** What referring earns, in one sentence and a picture of it. For readers who may be told about it. */
export function ReferHero({ brandName, terms, packages, currency, t, children }: ReferHeroProps) {
  const friends = terms.referrals_required;
  return (
    <section className="mx-auto grid max-w-6xl items-center gap-x-16 gap-y-14 px-4 pt-12 pb-16 sm:px-6 sm:pt-20 sm:pb-24 lg:grid-cols-[1.1fr_1fr]">
      <div>
        <h1 className="font-semibold text-4xl leading-[1.08] tracking-tight sm:text-5xl lg:text-6xl">
          {t("heading")}
        </h1>
        <p className="mt-6 max-w-xl text-lg text-text-muted leading-8">
          {t("intro", { brand: brandName, friends, words: t.inWords(friends) })}
        </p>
        <div className="mt-8 flex flex-col gap-3 sm:flex-row">{children}</div>
      </div>
      <RewardDiagram
        referralsRequired={terms.referrals_required}
        capCents={terms.reward_cap_cents}
        example={packages[Math.floor((packages.length - 1) / 2)]}
        currency={currency}
        t={t}
      />
    </section>
  );
}
