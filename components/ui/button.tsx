import { Button as BaseButton } from "@base-ui/react/button";
import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { type ButtonLook, buttonClasses } from "./button-classes";
import { cn } from "./cn";
import { Spinner } from "./spinner";

export type ButtonProps = Omit<ComponentProps<"button">, "className"> &
  ButtonLook & {
    className?: string;
    /** Shows a spinner and ignores further presses. The button stays focusable. */
    loading?: boolean;
    /** The label while loading, e.g. "Saving". Without it the usual label is shown. */
    loadingLabel?: string;
    /** An icon before the label. It is hidden while loading. */
    icon?: ReactNode;
  };

/** A button. Secondary by default: a page has one primary action. */
export function Button({
  variant,
  size,
  block,
  loading = false,
  loadingLabel,
  icon,
  className,
  disabled = false,
  type = "button",
  children,
  ...rest
}: ButtonProps) {
  return (
    <BaseButton
      {...rest}
      type={type}
      disabled={disabled || loading}
      focusableWhenDisabled
      aria-busy={loading || undefined}
      className={cn(buttonClasses({ variant, size, block }), className)}
    >
      {loading ? <Spinner /> : icon}
      {/* An element of its own: browsers that translate the page replace its text. */}
      <span className="contents">{loading && loadingLabel ? loadingLabel : children}</span>
    </BaseButton>
  );
}

export type LinkButtonProps = ComponentProps<typeof Link> &
  ButtonLook & { icon?: ReactNode; iconAfter?: ReactNode };

/** A link that looks like a button. For navigation only, never for an action. */
export function LinkButton({
  variant,
  size,
  block,
  icon,
  iconAfter,
  className,
  children,
  ...rest
}: LinkButtonProps) {
  return (
    <Link {...rest} className={cn(buttonClasses({ variant, size, block }), className)}>
      {icon}
      {children}
      {iconAfter}
    </Link>
  );
}

export type TextLinkProps = ComponentProps<typeof Link> & {
  /** In the colour of the text, underlined on hover: for names in tables and lists. */
  quiet?: boolean;
};

/** A link inside text. */
export function TextLink({ quiet = false, className, ...rest }: TextLinkProps) {
  return (
    <Link
      {...rest}
      className={cn(
        "rounded-sm font-medium underline decoration-1 underline-offset-4",
        quiet
          ? "text-text decoration-transparent hover:decoration-text-muted"
          : "text-accent-strong decoration-accent-strong/40 hover:decoration-accent-strong",
        className,
      )}
    />
  );
}

/** An e-mail address inside text, to write to. */
export function MailLink({ address }: { address: string }) {
  return (
    <a
      href={`mailto:${address}`}
      className="wrap-anywhere rounded-sm font-medium text-accent-strong underline underline-offset-4"
    >
      {address}
    </a>
  );
}
