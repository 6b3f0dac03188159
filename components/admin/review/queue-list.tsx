import { cn } from "@/components/ui/cn";
import type { ReviewCase } from "./review-case";

export type QueueListProps = {
  cases: readonly ReviewCase[];
  /** The id of the case that is shown. */
  current: string;
  onChoose: (item: ReviewCase) => void;
};

/** The cases that wait: those that hold first, each with its score. */
export function QueueList({ cases, current, onChoose }: QueueListProps) {
  return (
    <ol className="divide-y divide-border">
      {cases.map((item) => (
        <li key={item.id}>
          <button
            type="button"
            aria-current={item.id === current ? "true" : undefined}
            onClick={() => onChoose(item)}
            className={cn(
              "flex w-full items-center gap-3 border-l-2 border-transparent px-4 py-3 text-start",
              "-outline-offset-2 text-sm hover:bg-surface-sunken",
              "aria-[current=true]:border-accent aria-[current=true]:bg-surface-sunken",
            )}
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{item.friend.name}</span>
              <span className="block truncate text-text-muted text-xs">
                by {item.referrer.name}
                {item.isHold ? null : " · information only"}
                {item.holder ? ` · ${item.holder} has it` : null}
              </span>
            </span>
            <span className="text-text-muted text-xs">
              <span className="sr-only">Score </span>
              {item.score}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
