import { Columns3, Download } from "lucide-react";
import Form from "next/form";
import Link from "next/link";
import type { ReactNode } from "react";
import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { Button } from "@/components/ui/button";
import { buttonClasses } from "@/components/ui/button-classes";
import { cn } from "@/components/ui/cn";
import type { SortLinks } from "@/components/ui/data-table";
import type { SavedView } from "@/lib/admin/list-schemas";
import { countOf, formatCount } from "@/lib/words";
import type { ListDefinition } from "./definitions";
import { FilterForm } from "./filter-form";
import { SavedViews } from "./saved-views";
import { ToolPanel } from "./tool-panel";

type Query = Readonly<Record<string, string | undefined>>;

/** A field of the form that filters a list. Its name is that of a value in the address. */
type ListField =
  | { kind: "search"; name: string; label: string; placeholder: string }
  | {
      kind: "choice";
      name: string;
      label: string;
      options: readonly { value: string; label: string }[];
    }
  | { kind: "day"; name: string; label: string };

/** The fields of the first and the last day. */
export const dayFields = (from: string, to: string): ListField[] => [
  { kind: "day", name: "from", label: from },
  { kind: "day", name: "to", label: to },
];

function Control({ field, value }: { field: ListField; value: string | undefined }) {
  if (field.kind === "choice") {
    return <Select name={field.name} defaultValue={value ?? ""} options={field.options} />;
  }
  if (field.kind === "search") {
    return (
      <Input
        type="search"
        name={field.name}
        defaultValue={value}
        placeholder={field.placeholder}
        maxLength={100}
        autoComplete="off"
        enterKeyHint="search"
        className="text-ellipsis"
      />
    );
  }
  return <Input type="date" name={field.name} defaultValue={value} />;
}

/** What of the address a form keeps: all that it has no field for. */
function Kept({ query, except }: { query: Query; except: readonly string[] }) {
  return Object.entries(query).map(([name, value]) =>
    value && !except.includes(name) ? (
      <input key={name} type="hidden" name={name} value={value} />
    ) : null,
  );
}

function Filters({
  path,
  fields,
  query,
  clearHref,
}: {
  path: string;
  fields: readonly ListField[];
  query: Query;
  clearHref: string;
}) {
  const names = fields.map(({ name }) => name);
  const isFiltered = names.some((name) => query[name]);
  return (
    <FilterForm
      action={path}
      role="search"
      values={Object.fromEntries(names.map((name) => [name, query[name] ?? ""]))}
      clearHref={isFiltered ? clearHref : null}
      className="flex flex-wrap items-end gap-3"
    >
      <Kept query={query} except={names} />
      {fields.map((field) => (
        <Field
          key={field.name}
          label={field.label}
          className={cn(
            field.kind === "search"
              ? "flex-[2_1_16rem] sm:max-w-md"
              : "flex-[1_1_8.5rem] sm:max-w-52",
          )}
        >
          <Control field={field} value={query[field.name]} />
        </Field>
      ))}
      <Button type="submit">
        {fields.some(({ kind }) => kind === "search") ? "Search" : "Show"}
      </Button>
    </FilterForm>
  );
}

function ColumnChooser({
  definition,
  query,
  hidden,
}: {
  definition: ListDefinition;
  query: Query;
  hidden: readonly string[];
}) {
  return (
    <ToolPanel
      icon={<Columns3 aria-hidden="true" />}
      label={hidden.length > 0 ? `Columns (${hidden.length} hidden)` : "Columns"}
    >
      <Form key={hidden.join()} action={definition.path} scroll={false}>
        <Kept query={query} except={["cols"]} />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-2 font-medium text-sm">Columns to show</legend>
          {definition.columns.map(({ id, label }) => (
            <label
              key={id}
              className="flex min-h-6 items-center gap-3 text-sm pointer-coarse:min-h-11"
            >
              <input
                type="checkbox"
                name="cols"
                value={id}
                defaultChecked={!hidden.includes(id)}
                className="size-5 shrink-0 accent-accent"
              />
              {label}
            </label>
          ))}
        </fieldset>
        <Button type="submit" size="sm" className="mt-3">
          Show these
        </Button>
      </Form>
    </ToolPanel>
  );
}

const SORT_WORDS = { asc: "ascending", desc: "descending", none: "not sorted by it" } as const;

/** On phones the headings are not seen, so the orders of the list stand here. */
function PhoneOrders({ definition, links }: { definition: ListDefinition; links: SortLinks }) {
  return definition.sorts.map(({ column, label }) => {
    const link = links[column];
    return link ? (
      <Link
        key={column}
        href={link.href}
        scroll={false}
        className={cn(buttonClasses({ size: "sm", variant: "ghost" }), "md:hidden")}
      >
        Sort by {label}
        <span className="sr-only"> (now {SORT_WORDS[link.direction]})</span>
      </Link>
    ) : null;
  });
}

/** How many rows match, where they were counted. */
function totalWords(
  { noun }: ListDefinition,
  { total, has_more_than_total }: { total?: number; has_more_than_total?: boolean },
): string | null {
  if (total === undefined) return null;
  return has_more_than_total
    ? `More than ${formatCount(total)} ${noun.many}`
    : countOf(total, noun.one, noun.many);
}

export type ListToolsProps = {
  list: {
    definition: ListDefinition;
    query: Query;
    hiddenColumns: readonly string[];
    sortLinks: SortLinks;
    href(changes?: Query): string;
  };
  /** The page that is shown; it says how many rows there are. */
  page: { total?: number; has_more_than_total?: boolean };
  fields?: readonly ListField[];
  /** A filter as chips, e.g. by status. */
  chips?: ReactNode;
  /** The own views of the list; absent where none are kept. */
  views?: readonly SavedView[];
  /** Where the list leaves as a file: exactly what is filtered. Absent for people who may not export. */
  exportHref?: string;
};

/** What stands above a list: filters, how many rows match, columns, saved views, the export. */
export function ListTools({ list, page, fields = [], chips, views, exportHref }: ListToolsProps) {
  const { definition, query, hiddenColumns } = list;
  const clear = Object.fromEntries(fields.map(({ name }) => [name, undefined]));
  const isFiltered = Object.entries(query).some(
    ([name, value]) => value && !["sort", "size", "cols"].includes(name),
  );
  return (
    <div className="mb-4 flex flex-col gap-4">
      {fields.length > 0 ? (
        <Filters
          path={definition.path}
          fields={fields}
          query={query}
          clearHref={list.href(clear)}
        />
      ) : null}
      {chips}
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="text-sm text-text-muted">{totalWords(definition, page)}</p>
        <div className="relative flex flex-wrap items-center gap-1 max-sm:-ms-3 max-sm:w-full">
          <PhoneOrders definition={definition} links={list.sortLinks} />
          {definition.columns.length > 0 ? (
            <ColumnChooser definition={definition} query={query} hidden={hiddenColumns} />
          ) : null}
          {definition.views && views ? (
            <SavedViews
              list={definition.views}
              path={definition.path}
              query={new URLSearchParams(
                Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : [])),
              ).toString()}
              views={views}
            />
          ) : null}
          {exportHref ? (
            <a
              href={exportHref}
              download
              className={buttonClasses({ size: "sm", variant: "ghost" })}
            >
              <Download aria-hidden="true" />
              {isFiltered ? "Export these as CSV" : "Export as CSV"}
            </a>
          ) : null}
        </div>
      </div>
    </div>
  );
}
