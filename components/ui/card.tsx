import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

export type CardProps = ComponentProps<"section"> & {
  /** `flush` has no padding, for tables and lists. */
  padding?: "normal" | "flush";
};

/** A group with a border. Pass the `titleId` of its `CardHeader` as `aria-labelledby`. */
export function Card({ className, padding = "normal", ...rest }: CardProps) {
  return (
    <section
      {...rest}
      className={cn(
        "min-w-0 rounded-card border border-border bg-surface-raised",
        padding === "normal" && "p-4 sm:p-6",
        padding === "flush" && "overflow-hidden",
        className,
      )}
    />
  );
}

export type CardHeaderProps = {
  title: ReactNode;
  titleId?: string;
  description?: ReactNode;
  actions?: ReactNode;
  as?: "h2" | "h3";
  /** For a card with `padding="flush"`: adds padding and a line below. */
  divided?: boolean;
  className?: string;
};

/** A card's heading, with room for one or two actions. */
export function CardHeader({
  title,
  titleId,
  description,
  actions,
  as: Heading = "h2",
  divided = false,
  className,
}: CardHeaderProps) {
  return (
    <div
      className={cn(
        "flex flex-wrap items-start justify-between gap-x-4 gap-y-3",
        divided ? "border-b px-4 py-4 sm:px-6" : "mb-4 sm:mb-6",
        className,
      )}
    >
      <div className="min-w-0 flex-1 basis-40">
        <Heading id={titleId} className="font-semibold text-base">
          {title}
        </Heading>
        {description ? <p className="mt-1 text-sm text-text-muted">{description}</p> : null}
      </div>
      {actions ? <div className="flex shrink-0 flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}
