// Joined by hand: the pages of failures are part of every page, and should not bring `cn` along.
const BASE = [
  "inline-flex items-center justify-center gap-2 rounded-control border font-medium",
  "select-none whitespace-nowrap text-center transition-colors duration-150",
  "aria-disabled:cursor-not-allowed not-aria-busy:aria-disabled:opacity-55",
  "aria-busy:cursor-progress aria-busy:opacity-80",
  "[&_svg]:size-4 [&_svg]:shrink-0",
].join(" ");

const VARIANTS = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border-border bg-surface-raised text-text hover:bg-surface-sunken",
  ghost: "border-transparent bg-transparent text-text hover:bg-surface-sunken",
  danger: "border-transparent bg-negative-fill text-on-negative hover:opacity-90",
} as const;

/** Fingers need 44 pixels, so the small ones grow on touch screens. */
const SIZES = {
  sm: "h-9 px-3 text-sm pointer-coarse:h-11",
  md: "h-11 px-4 text-sm",
  lg: "h-12 px-6 text-base",
  icon: "size-9 p-0 pointer-coarse:size-11",
} as const;

export type ButtonLook = {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
  /** As wide as its container. */
  block?: boolean;
};

/** The look shared by `Button`, `LinkButton` and other elements that look like a button. */
export function buttonClasses({
  variant = "secondary",
  size = "md",
  block = false,
}: ButtonLook = {}): string {
  return [BASE, VARIANTS[variant], SIZES[size], block ? "w-full" : ""].filter(Boolean).join(" ");
}
