import { CalendarCheck, Equal, Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { LinkButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { SAME_PRICE } from "@/lib/orders/getting-connected";
import { countOf } from "@/lib/words";
import { Initial } from "./initial";

export type InvitedHeroProps = {
  /** First name of the person who invited, as it is shown. */
  firstName: string;
  brandName: string;
  installationDays: number | null;
};

function Fact({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <li className="flex gap-4 py-4 first:pt-0 last:pb-0">
      <span
        aria-hidden="true"
        className="grid size-9 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-strong [&_svg]:size-4"
      >
        {icon}
      </span>
      <div className="min-w-0">
        <h3 className="font-medium">{title}</h3>
        <p className="wrap-anywhere mt-0.5 text-sm text-text-muted">{children}</p>
      </div>
    </li>
  );
}

/** The top of the page for somebody who was invited: by whom, to what, and what it means for them. */
export function InvitedHero({ firstName, brandName, installationDays }: InvitedHeroProps) {
  return (
    <section className="mx-auto grid max-w-6xl items-center gap-x-16 gap-y-10 px-4 pt-10 pb-12 sm:px-6 sm:pt-16 sm:pb-16 lg:grid-cols-[1.2fr_1fr]">
      <div className="min-w-0">
        <div className="flex items-center">
          <Initial name={firstName} />
          <BrandMark className="-ml-2 size-12 rounded-full" />
        </div>
        <h1
          className={cn(
            "wrap-anywhere mt-6 font-semibold leading-[1.08] tracking-tight",
            // A long name stays in one piece.
            firstName.length > 12
              ? "text-3xl sm:text-4xl lg:text-5xl"
              : "text-4xl sm:text-5xl lg:text-6xl",
          )}
        >
          <bdi>{firstName}</bdi> invites you to {brandName}
        </h1>
        <p className="wrap-anywhere mt-6 max-w-xl text-lg text-text-muted leading-8">
          <bdi>{firstName}</bdi> gets the internet at home from us, and thought of you. Choose a
          package below; the invitation goes with your order.
        </p>
        <div className="mt-8 flex flex-col gap-3 sm:flex-row">
          <LinkButton href="#packages" variant="primary" size="lg">
            See the packages
          </LinkButton>
          <LinkButton href="#how-it-works" size="lg">
            What happens next
          </LinkButton>
        </div>
      </div>
      <section
        aria-labelledby="invited-facts"
        className="min-w-0 rounded-card border border-border bg-surface-raised p-5 sm:p-6"
      >
        <h2 id="invited-facts" className="mb-4 font-semibold">
          What it means for you
        </h2>
        <ul className="divide-y divide-border">
          <Fact icon={<Equal />} title="The same price">
            {SAME_PRICE}
          </Fact>
          <Fact icon={<Wallet />} title="Nothing to pay today">
            You pay from the day on which your service is active.
          </Fact>
          <Fact icon={<CalendarCheck />} title="A technician comes to your home">
            {installationDays === null
              ? "We call you to agree on a day that suits you."
              : `On a day that suits you. Most homes are connected within ${countOf(installationDays, "day")} of the order.`}
          </Fact>
        </ul>
      </section>
    </section>
  );
}
