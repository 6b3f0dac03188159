import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

/** Knows the radii and the shadow that the theme adds, so that they replace others and are replaced. */
const merge = extendTailwindMerge({
  extend: { theme: { radius: ["control", "card", "sheet"], shadow: ["popup"] } },
});

/** Joins class names; where two set the same property the later one wins. */
export function cn(...values: ClassValue[]): string {
  return merge(clsx(values));
}
