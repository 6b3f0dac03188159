import { type ClassNameValue, extendTailwindMerge } from "tailwind-merge";

/** Knows the radii and the shadow of our theme, so that they replace others and are replaced. */
const merge = extendTailwindMerge({
  extend: { theme: { radius: ["control", "card", "sheet"], shadow: ["popup"] } },
});

/** Joins class names. Where two set the same property, the later one wins. */
export const cn = (...values: ClassNameValue[]): string => merge(...values);
