"use client";

import Link from "next/link";
import { formatCount } from "@/lib/words";

export type NavCountProps = {
  /** The list of exactly what is counted. */
  href: string;
  count: number;
  /** What is counted, for screen readers, e.g. "months not billed". */
  label: string;
};

/** A number beside an item of the menu that leads to what it counts. Absent for none. */
export function NavCount({ href, count, label }: NavCountProps) {
  if (count === 0) return null;
  return (
    <Link
      href={href}
      title={`${formatCount(count)} ${label}`}
      className="flex h-6 min-w-6 items-center justify-center rounded-full bg-warning-soft px-2 font-medium text-warning text-xs tabular-nums hover:underline"
    >
      {formatCount(count)}
      <span className="sr-only"> {label}</span>
    </Link>
  );
}
