import type { ReactNode } from "react";
import { cn } from "./cn";

type DescriptionItem = { label: string; value: ReactNode };

export type DescriptionListProps = {
  items: readonly DescriptionItem[];
  /** `rows`: label left, value right, lines between. `columns`: label above value, side by side. */
  layout?: "rows" | "columns";
  className?: string;
};

/** Facts about one thing. */
export function DescriptionList({ items, layout = "rows", className }: DescriptionListProps) {
  return (
    <dl
      className={cn(
        "text-sm",
        layout === "rows" ? "divide-y divide-border" : "grid gap-x-8 gap-y-4 sm:grid-cols-2",
        className,
      )}
    >
      {items.map((item) => (
        <div
          key={item.label}
          className={
            layout === "rows"
              ? "flex items-baseline justify-between gap-6 py-3 first:pt-0 last:pb-0"
              : "flex flex-col gap-1"
          }
        >
          <dt className={cn("shrink-0 text-text-muted", layout === "rows" && "max-w-3/5")}>
            {item.label}
          </dt>
          <dd className={cn("wrap-anywhere min-w-0", layout === "rows" && "text-end")}>
            {item.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
