import Link from "next/link";
import { BrandMark } from "./brand-mark";
import { cn } from "./cn";

export type BrandLinkProps = { brandName: string; href?: string; className?: string };

/** The logo and the provider's name, as a link to the home page. */
export function BrandLink({ brandName, href = "/", className }: BrandLinkProps) {
  return (
    <Link
      href={href}
      className={cn(
        "inline-flex min-h-11 min-w-0 items-center gap-2.5 rounded-md font-semibold tracking-tight",
        className,
      )}
    >
      <BrandMark />
      <span className="truncate">{brandName}</span>
    </Link>
  );
}

/** The first link of the page: skips the navigation. Visible once it has the focus. */
export function SkipLink({ label }: { label: string }) {
  return (
    <a
      href="#content"
      className={cn(
        "sr-only z-50 rounded-control bg-text text-sm text-surface",
        "focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:px-4 focus:py-2",
      )}
    >
      {label}
    </a>
  );
}
