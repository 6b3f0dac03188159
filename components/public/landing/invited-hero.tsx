import { CalendarCheck, Equal, Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { LinkButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import type { Texts } from "@/lib/language/translator";
import { Initial } from "./initial";

export type InvitedHeroProps = {
  /** First name of the person who invited, as it is shown. */
  firstName: string;
  brandName: string;
  installationDays: number | null;
  t: Texts<"landing">;
  connecting: Texts<"connecting">;
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
export function InvitedHero({
  firstName,
  brandName,
  installationDays,
  t,
  connecting,
}: InvitedHeroProps) {
  const name = () => <bdi>{firstName}</bdi>;
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
          {t.rich("invited.heading", { name, brand: brandName })}
        </h1>
        <p className="wrap-anywhere mt-6 max-w-xl text-lg text-text-muted leading-8">
          {t.rich("invited.intro", { name })}
        </p>
        <div className="mt-8 flex flex-col gap-3 sm:flex-row">
          <LinkButton href="#packages" variant="primary" size="lg">
            {t("seePackages")}
          </LinkButton>
          <LinkButton href="#how-it-works" size="lg">
            {t("whatNext")}
          </LinkButton>
        </div>
      </div>
      <section
        aria-labelledby="invited-facts"
        className="min-w-0 rounded-card border border-border bg-surface-raised p-5 sm:p-6"
      >
        <h2 id="invited-facts" className="mb-4 font-semibold">
          {t("invited.means")}
        </h2>
        <ul className="divide-y divide-border">
          <Fact icon={<Equal />} title={t("invited.samePrice")}>
            {connecting("samePrice")}
          </Fact>
          <Fact icon={<Wallet />} title={t("invited.nothingToday")}>
            {t("invited.nothingTodayText")}
          </Fact>
          <Fact icon={<CalendarCheck />} title={connecting("technician")}>
            {installationDays === null
              ? t("invited.dayText")
              : t("invited.daysText", { days: installationDays })}
          </Fact>
        </ul>
      </section>
    </section>
  );
}
