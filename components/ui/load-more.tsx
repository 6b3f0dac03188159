"use client";

import { Button } from "./button";
import { useTexts } from "./texts";

export type LoadMoreProps = {
  /** Whether there is another page. If not, nothing is shown. */
  hasMore: boolean;
  loading: boolean;
  onLoadMore: () => void;
  label?: string;
};

/** A button that adds the next rows to a list. */
export function LoadMore({ hasMore, loading, onLoadMore, label }: LoadMoreProps) {
  const ui = useTexts("ui");
  if (!hasMore) return null;
  return (
    <div className="flex justify-center border-t px-4 py-3">
      <Button
        size="sm"
        variant="ghost"
        loading={loading}
        loadingLabel={ui("loading")}
        onClick={onLoadMore}
      >
        {label ?? ui("loadMore")}
      </Button>
    </div>
  );
}
