import type { ReactNode } from "react";
import { BrandMark } from "./brand-mark";

export type MessagePageProps = {
  /** Shows the logo: for pages without a header. */
  withMark?: boolean;
  eyebrow?: string;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
};

/** A page with one message, e.g. that something was not found. */
export function MessagePage({ withMark, eyebrow, title, children, actions }: MessagePageProps) {
  return (
    <div className="mx-auto flex min-h-[70dvh] max-w-xl flex-col justify-center px-4 py-16 sm:px-6">
      {withMark ? <BrandMark className="mb-8 size-9" /> : null}
      {eyebrow ? <p className="font-medium text-accent-strong text-sm">{eyebrow}</p> : null}
      <h1 className="mt-2 font-semibold text-3xl tracking-tight">{title}</h1>
      <div className="mt-3 text-text-muted">{children}</div>
      {actions ? <div className="mt-8 flex flex-wrap gap-3">{actions}</div> : null}
    </div>
  );
}
