import type { ListDefinition } from "@/components/admin/lists/definitions";
import type { SortLinks } from "@/components/ui/data-table";
import type { SavedViewList } from "@/lib/admin/list-schemas";
import { AppError } from "@/lib/errors";
import { type Cursor, decodeCursor, encodeCursor, type ListPage } from "@/lib/paging";
import type { Permission } from "@/lib/permissions";
import { choice, href, param, params, type SearchParams } from "./list-query";

/** How many rows a page may have; the first number is the usual one. */
const PAGE_SIZES = ["25", "50", "100"] as const;

type Query = Record<string, string | undefined>;

/** Where in a list a page stands, as the address says it. */
interface Place {
  text: string;
  /** The page before this place, not the one after it. */
  backward: boolean;
}

/** A list as the address of its page describes it. */
export interface ListState {
  definition: ListDefinition;
  /** Filters, order, columns and page size. The place is not in it: a change of these starts anew. */
  query: Query;
  isFiltered: boolean;
  place: Place | undefined;
  /** What is asked of a service. */
  page: ListPage;
  hiddenColumns: string[];
  sortLinks: SortLinks;
  /** The page with some of its query changed, from the top. */
  href(changes?: Query): string;
}

/** The place after or before which the page begins. */
function placeOf(given: SearchParams): Place | undefined {
  const before = param(given, "before");
  if (before) return { text: before, backward: true };
  const after = param(given, "cursor");
  return after ? { text: after, backward: false } : undefined;
}

/** Reads a place with `decode`; a damaged one starts at the top. */
export function readPlace<T>(
  place: Place | undefined,
  decode: (text: string) => T | undefined,
): T | undefined {
  try {
    return place && decode(place.text);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return undefined;
    throw error;
  }
}

/** A cursor as the address has it; a damaged one starts at the top. */
export const readCursor = (text: string | undefined): Cursor | undefined =>
  readPlace(text === undefined ? undefined : { text, backward: false }, decodeCursor);

function sortOf({ sorts }: ListDefinition, given: SearchParams): string | undefined {
  return choice(
    given,
    "sort",
    sorts.flatMap(({ key }) => [key, `-${key}`]),
  );
}

const written = (key: string, direction: "asc" | "desc") =>
  direction === "desc" ? `-${key}` : key;

/** The headings that order the list: where each leads, and which order holds now. */
function sortLinksOf(
  { sorts }: ListDefinition,
  chosen: string | undefined,
  link: (sort: string | undefined) => string,
): SortLinks {
  const [usual] = sorts;
  const usualSort = usual && written(usual.key, usual.first);
  const now = chosen ?? usualSort;
  return Object.fromEntries(
    sorts.map(({ column, key, first }) => {
      const other = first === "desc" ? "asc" : "desc";
      const direction =
        now === written(key, "asc") ? "asc" : now === written(key, "desc") ? "desc" : "none";
      const next = written(key, direction === first ? other : first);
      return [column, { direction, href: link(next === usualSort ? undefined : next) }];
    }),
  );
}

/** Columns that the address leaves out; none when it names no known one. */
function hiddenColumnsOf({ columns }: ListDefinition, given: SearchParams): string[] {
  const chosen = params(given, "cols").flatMap((text) => text.split("."));
  const ids = columns.map(({ id }) => id);
  return ids.some((id) => chosen.includes(id)) ? ids.filter((id) => !chosen.includes(id)) : [];
}

/** A list as the address describes it. `filters` are the values that the page has read and checked. */
export function readList(
  definition: ListDefinition,
  given: SearchParams,
  filters: Query = {},
): ListState {
  const sort = sortOf(definition, given);
  const size = choice(given, "size", PAGE_SIZES);
  const hiddenColumns = hiddenColumnsOf(definition, given);
  const shown = definition.columns.map(({ id }) => id).filter((id) => !hiddenColumns.includes(id));
  const query: Query = {
    ...filters,
    sort,
    size: size === PAGE_SIZES[0] ? undefined : size,
    cols: hiddenColumns.length > 0 ? shown.join(".") : undefined,
  };
  const place = placeOf(given);
  const cursor = readPlace<Cursor>(place, decodeCursor);
  const link = (changes: Query = {}) => href(definition.path, { ...query, ...changes });
  return {
    definition,
    query,
    isFiltered: Object.values(filters).some(Boolean),
    place,
    page: {
      cursor,
      backward: cursor && place?.backward,
      limit: Number(size ?? PAGE_SIZES[0]),
      sort,
      count: true,
    },
    hiddenColumns,
    sortLinks: sortLinksOf(definition, sort, (next) => link({ sort: next })),
    href: link,
  };
}

/** Links to the pages around one, from places as opaque texts. */
export function linksAround(
  list: ListState,
  around: { next: string | null; previous: string | null },
) {
  return {
    label: list.definition.label,
    nextHref: around.next ? list.href({ cursor: around.next }) : null,
    previousHref: around.previous ? list.href({ before: around.previous }) : null,
    firstHref: around.previous ? list.href() : null,
    sizes: PAGE_SIZES.map((size) => ({
      label: size,
      href: list.href({ size: size === PAGE_SIZES[0] ? undefined : size }),
      current: String(list.page.limit) === size,
    })),
  };
}

/** Where a list leaves as a file: exactly what is filtered, in its order. Absent without the right to export. */
export const exportHref = (
  list: ListState,
  admin: { permissions: readonly Permission[] },
  name: SavedViewList,
): string | undefined =>
  admin.permissions.includes("data:export")
    ? href(`/api/admin/lists/${name}`, { ...list.query, size: undefined, cols: undefined })
    : undefined;

/** Links to the pages around one, from its cursors. */
export const linksOf = (
  list: ListState,
  page: { next_cursor: Cursor | null; previous_cursor: Cursor | null },
) =>
  linksAround(list, {
    next: encodeCursor(page.next_cursor),
    previous: encodeCursor(page.previous_cursor),
  });
