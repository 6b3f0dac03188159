import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "./cn";

export type PageHeaderProps = {
  title: ReactNode;
  description?: ReactNode;
  /** The page above this one. */
  back?: { href: string; label: string };
  /** Badges and short facts beside the title. */
  meta?: ReactNode;
  actions?: ReactNode;
  className?: string;
};

/** The top of a page: its one `h1` and its main actions. */
export function PageHeader({
  title,
  description,
  back,
  meta,
  actions,
  className,
}: PageHeaderProps) {
  return (
    <header className={cn("mb-6 flex flex-col gap-3 sm:mb-8", className)}>
      {back ? (
        <Link
          href={back.href}
          className={cn(
            "-ml-1 inline-flex min-h-6 items-center pointer-coarse:min-h-11 gap-1.5 self-start rounded-sm px-1 text-sm",
            "text-text-muted hover:text-text",
          )}
        >
          <ArrowLeft aria-hidden="true" className="size-4" />
          {back.label}
        </Link>
      ) : null}
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0 flex-1 basis-72">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <h1 className="wrap-anywhere font-semibold text-2xl tracking-tight sm:text-3xl">
              {title}
            </h1>
            {meta}
          </div>
          {description ? <div className="mt-2 max-w-2xl text-text-muted">{description}</div> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
    </header>
  );
}
