import type { PublicPackage } from "@/components/public/packages/package-card";
import { LinkButton } from "@/components/ui/button";
import type { PublicTerms } from "@/lib/programme/terms";
import { everyFriend } from "@/lib/words";
import { RewardDiagram } from "./reward-diagram";

export type HeroProps = {
  brandName: string;
  terms: PublicTerms;
  packages: readonly PublicPackage[];
  currency: string;
};

/** The top of the landing page: the offer in one sentence, and a picture of it. */
export function Hero({ brandName, terms, packages, currency }: HeroProps) {
  return (
    <section className="mx-auto grid max-w-6xl items-center gap-x-16 gap-y-14 px-4 pt-12 pb-16 sm:px-6 sm:pt-20 sm:pb-24 lg:grid-cols-[1.1fr_1fr]">
      <div>
        <h1 className="font-semibold text-4xl leading-[1.08] tracking-tight sm:text-5xl lg:text-6xl">
          Good internet gets better with friends
        </h1>
        <p className="mt-6 max-w-xl text-lg text-text-muted leading-8">
          {brandName} connects your home. Invite the people you know, and for{" "}
          {everyFriend(terms.referrals_required)} who{" "}
          {terms.referrals_required === 1 ? "stays" : "stay"} connected, one of your months is free.
        </p>
        <div className="mt-8 flex flex-col gap-3 sm:flex-row">
          <LinkButton href="/packages" variant="primary" size="lg">
            See the packages
          </LinkButton>
          <LinkButton href="/#how-it-works" size="lg">
            How referring works
          </LinkButton>
        </div>
      </div>
      <RewardDiagram
        referralsRequired={terms.referrals_required}
        capCents={terms.reward_cap_cents}
        example={packages[Math.floor((packages.length - 1) / 2)]}
        currency={currency}
      />
    </section>
  );
}
