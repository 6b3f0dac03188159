import type { ReactNode } from "react";
import { SignOutButton } from "@/components/account/sign-in/sign-out-button";
import { LanguageChoice } from "@/components/public/shell/language-choice";
import { BrandLink, SkipLink } from "@/components/ui/brand";
import { cn } from "@/components/ui/cn";
import { CurrentLink } from "@/components/ui/current-link";
import type { Texts } from "@/lib/language/translator";

export type CustomerShellProps = {
  t: Texts<"shell">;
  skipLabel: string;
  brandName: string;
  /** Who is signed in, e.g. "Thandi Mokoena". */
  customerName: string;
  /** The referral programme is paused. */
  isPaused: boolean;
  children: ReactNode;
};

const NAV = [
  { href: "/dashboard", label: "dashboard" },
  { href: "/invoices", label: "invoices" },
  { href: "/profile", label: "yourDetails" },
  { href: "/security", label: "security" },
] as const;

/** The frame of the customer's pages. Each page has its own `PageHeader`. */
export function CustomerShell({
  t,
  skipLabel,
  brandName,
  customerName,
  isPaused,
  children,
}: CustomerShellProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink label={skipLabel} />
      <header className="border-b bg-surface" data-print="hidden">
        <div
          className={cn(
            "mx-auto flex max-w-6xl flex-wrap items-center gap-x-4 px-4 py-2",
            "sm:h-16 sm:flex-nowrap sm:gap-x-8 sm:px-6 sm:py-0",
          )}
        >
          <BrandLink brandName={brandName} href="/dashboard" className="flex-1 sm:flex-none" />
          <nav
            aria-label={t("account")}
            className={cn(
              "order-last basis-full gap-4 overflow-x-auto sm:order-none sm:min-w-0 sm:gap-6",
              "flex sm:flex-1 sm:basis-auto",
            )}
          >
            {NAV.map((link) => (
              <CurrentLink
                key={link.href}
                href={link.href}
                includeBelow
                className={cn(
                  "inline-flex h-9 shrink-0 items-center pointer-coarse:h-11 rounded-md text-sm text-text-muted",
                  "-outline-offset-2 hover:text-text aria-[current=page]:font-medium",
                  "aria-[current=page]:text-text",
                )}
              >
                {t(link.label)}
              </CurrentLink>
            ))}
          </nav>
          <p className="hidden max-w-64 truncate text-sm text-text-muted lg:block">
            {customerName}
          </p>
          <SignOutButton className="shrink-0" />
        </div>
      </header>
      {isPaused ? (
        <p
          className="bg-warning-soft px-4 py-2 text-center text-sm sm:px-6"
          role="status"
          data-print="hidden"
        >
          {t("paused")}
        </p>
      ) : null}
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-6xl flex-1 px-4 py-8 outline-none sm:px-6 sm:py-10"
      >
        {children}
      </main>
      <footer className="border-t text-sm text-text-muted" data-print="hidden">
        <div className="mx-auto flex max-w-6xl flex-col gap-4 px-4 py-6 sm:flex-row sm:items-center sm:justify-between sm:px-6">
          <p>{brandName}</p>
          <LanguageChoice t={t} />
        </div>
      </footer>
    </div>
  );
}
