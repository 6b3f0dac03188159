import { BrandLink, SkipLink } from "@/components/ui/brand";
import { LinkButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CurrentLink } from "@/components/ui/current-link";
import type { Texts } from "@/lib/language/translator";

export type PublicHeaderProps = {
  t: Texts<"shell">;
  skipLabel: string;
  brandName: string;
  /** Shows a link to the dashboard instead of the sign-in page. */
  signedIn?: boolean;
  /** Whether the reader may be told about the referral programme. */
  promotes: boolean;
};

const PACKAGES = { href: "/packages", label: "packages" } as const;
const GETTING_CONNECTED = { href: "/#how-it-works", label: "howItWorks" } as const;
const INVITING = { href: "/refer", label: "inviteFriends" } as const;

const linkClass = cn(
  "inline-flex h-9 items-center pointer-coarse:h-11 whitespace-nowrap rounded-md text-sm text-text-muted",
  "hover:text-text aria-[current=page]:font-medium aria-[current=page]:text-text",
);

/** The top of every public page. On phones the links are in a second row. */
export function PublicHeader({
  t,
  skipLabel,
  brandName,
  signedIn = false,
  promotes,
}: PublicHeaderProps) {
  const links = [PACKAGES, promotes ? INVITING : GETTING_CONNECTED];
  return (
    <header className="border-b bg-surface" data-print="hidden">
      <SkipLink label={skipLabel} />
      <div
        className={cn(
          "mx-auto flex max-w-6xl flex-wrap items-center gap-x-8 px-4 py-2",
          "sm:h-16 sm:flex-nowrap sm:px-6 sm:py-0",
        )}
      >
        <BrandLink brandName={brandName} className="flex-1 sm:flex-none" />
        <nav
          aria-label={t("main")}
          className="order-last flex basis-full gap-6 sm:order-none sm:flex-1 sm:basis-auto"
        >
          {links.map((link) => (
            <CurrentLink key={link.href} href={link.href} className={linkClass}>
              {t(link.label)}
            </CurrentLink>
          ))}
        </nav>
        {signedIn ? (
          <LinkButton href="/dashboard" size="sm">
            {t("dashboard")}
          </LinkButton>
        ) : (
          <LinkButton href="/sign-in" size="sm">
            {t("signIn")}
          </LinkButton>
        )}
      </div>
    </header>
  );
}
