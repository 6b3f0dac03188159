"use client";

import { Bookmark, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { Field, Input } from "@/components/forms/field";
import { Button, TextLink } from "@/components/ui/button";
import { LONGEST_VIEW_NAME, type SavedView, type SavedViewList } from "@/lib/admin/list-schemas";
import { ToolPanel } from "./tool-panel";

export type SavedViewsProps = {
  list: SavedViewList;
  path: string;
  /** The query string of the page as it is now, without its place in the list. */
  query: string;
  views: readonly SavedView[];
};

const hrefOf = (path: string, query: string) => (query ? `${path}?${query}` : path);

/** Keeps what the list shows now under a name. */
function SaveView({ list, query }: Pick<SavedViewsProps, "list" | "query">) {
  const act = useAction();
  const [name, setName] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isSaving, setIsSaving] = useState(false);

  async function save(event: FormEvent) {
    event.preventDefault();
    setIsSaving(true);
    const result = await act({
      path: "/api/admin/views",
      body: { list, name, query },
      done: "View saved",
      description: name,
    });
    setIsSaving(false);
    setError(result.ok ? null : result.message);
    if (result.ok) setName("");
  }

  return (
    <form onSubmit={save} className="flex flex-col gap-2">
      <Field label="Name of a new view" error={error}>
        <Input
          name="view"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={LONGEST_VIEW_NAME}
          autoComplete="off"
          required
        />
      </Field>
      <Button
        type="submit"
        size="sm"
        loading={isSaving}
        loadingLabel="Saving"
        className="self-start"
      >
        Save this view
      </Button>
    </form>
  );
}

/** The own views of a list: each is a link, and what is shown now can be kept as one more. */
export function SavedViews({ list, path, query, views }: SavedViewsProps) {
  const act = useAction();
  return (
    <ToolPanel icon={<Bookmark aria-hidden="true" />} label="Views">
      {views.length > 0 ? (
        <ul className="mb-4 flex flex-col gap-1">
          {views.map((view) => (
            <li key={view.id} className="flex items-center gap-2 text-sm">
              <TextLink
                quiet
                href={hrefOf(path, view.query)}
                aria-current={view.query === query ? "true" : undefined}
                className="wrap-anywhere min-w-0 flex-1 aria-[current=true]:text-accent-strong"
              >
                <bdi>{view.name}</bdi>
              </TextLink>
              <Button
                size="icon"
                variant="ghost"
                aria-label={`Delete the view ${view.name}`}
                onClick={() =>
                  act({
                    path: `/api/admin/views/${view.id}/delete`,
                    done: "View deleted",
                    description: view.name,
                  })
                }
              >
                <X aria-hidden="true" />
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <SaveView list={list} query={query} />
    </ToolPanel>
  );
}
