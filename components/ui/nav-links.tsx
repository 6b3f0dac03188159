"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "./cn";
import { formatCount } from "./wording";

type TabItem = { href: string; label: string; count?: number };

export type TabNavProps = {
  /** Names the group for screen readers, e.g. "Thandi Mokoena's referrals". */
  label: string;
  items: readonly TabItem[];
  className?: string;
};

/** Sections of a page as real links, each with its own address. */
export function TabNav({ label, items, className }: TabNavProps) {
  const pathname = usePathname();
  return (
    <nav aria-label={label} className={cn("border-b", className)}>
      <ul className="-mb-px flex gap-6 overflow-x-auto">
        {items.map((item) => {
          const isCurrent = item.href === pathname;
          return (
            <li key={item.href} className="shrink-0">
              <Link
                href={item.href}
                aria-current={isCurrent ? "page" : undefined}
                className={cn(
                  "flex h-12 items-center gap-2 rounded-t-sm border-b-2 px-0.5 font-medium text-sm",
                  "-outline-offset-2 transition-colors duration-150",
                  isCurrent
                    ? "border-accent text-text"
                    : "border-transparent text-text-muted hover:border-border-strong hover:text-text",
                )}
              >
                {item.label}
                {item.count === undefined ? null : (
                  <span className="rounded-full bg-surface-sunken px-2 py-0.5 text-text-muted text-xs">
                    {formatCount(item.count)}
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

type FilterChip = { href: string; label: string; count?: number; current: boolean };

export type FilterChipsProps = { label: string; items: readonly FilterChip[]; className?: string };

/** A filter as links. The chosen one is marked by colour and for screen readers. */
export function FilterChips({ label, items, className }: FilterChipsProps) {
  return (
    <nav aria-label={label} className={cn("min-w-0", className)}>
      <ul className="flex flex-wrap gap-2">
        {items.map((item) => (
          <li key={item.href}>
            <Link
              href={item.href}
              scroll={false}
              aria-current={item.current ? "true" : undefined}
              className={cn(
                "inline-flex h-9 items-center gap-2 rounded-full border px-3.5 text-sm",
                "transition-colors duration-150",
                item.current
                  ? "border-text bg-text font-medium text-surface"
                  : "border-border text-text-muted hover:border-border-strong hover:text-text",
              )}
            >
              {item.label}
              {item.count === undefined ? null : <span>{formatCount(item.count)}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
