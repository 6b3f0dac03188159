import type { ReactNode } from "react";
import { type ButtonLook, buttonClasses } from "./button-classes";

/*
 * Buttons without code of their own, for the pages of failures: those are part of every page, so what
 * they need would load with each. Their links load the whole page, which also clears a broken one.
 */

export type PlainButtonProps = Pick<ButtonLook, "variant"> & {
  onClick: () => void;
  /** Ignores further presses. The button stays focusable. */
  loading?: boolean;
  /** Stands in place of the label while loading. */
  loadingLabel?: string;
  children: ReactNode;
};

/** A button of a page of failure. */
export function PlainButton({
  variant,
  onClick,
  loading = false,
  loadingLabel,
  children,
}: PlainButtonProps) {
  return (
    <button
      type="button"
      aria-busy={loading || undefined}
      aria-disabled={loading || undefined}
      onClick={loading ? undefined : onClick}
      className={buttonClasses({ variant })}
    >
      {loading ? (loadingLabel ?? children) : children}
    </button>
  );
}

export type PlainLinkProps = Pick<ButtonLook, "variant"> & { href: string; children: ReactNode };

/** A link of a page of failure. */
export function PlainLink({ variant, href, children }: PlainLinkProps) {
  return (
    <a href={href} className={buttonClasses({ variant })}>
      {children}
    </a>
  );
}
