"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

export type CurrentLinkProps = {
  href: string;
  /** It is also current on the pages below it. */
  includeBelow?: boolean;
  onClick?: () => void;
  className?: string;
  children: ReactNode;
};

/** A navigation link. On the page that it leads to it has `aria-current="page"`. */
export function CurrentLink({ href, includeBelow = false, ...rest }: CurrentLinkProps) {
  const pathname = usePathname();
  const current = pathname === href || (includeBelow && pathname.startsWith(`${href}/`));
  return <Link href={href} aria-current={current ? "page" : undefined} {...rest} />;
}
