"use client";

import {
  columnVisibilityFeature,
  createColumnHelper,
  createSortedRowModel,
  type Header,
  metaHelper,
  rowSortingFeature,
  sortFns,
  type TableOptions,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useMemo } from "react";
import { cn } from "./cn";

/** How a column looks. */
type ColumnLook = {
  /** The column that names the row: its header cell, and the heading of its card on phones. */
  isRowHeader?: true;
  /** Numbers and money align to the end. */
  align?: "end";
  /** Hides the heading from view, e.g. of a column of buttons. Screen readers still read it. */
  hideHeader?: true;
  className?: string;
};

const features = tableFeatures({
  columnVisibilityFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
  columnMeta: metaHelper<ColumnLook>(),
});

type Features = typeof features;

/** Headings that order a list by a new address, keyed by the id of their column. */
export type SortLinks = Readonly<
  Record<string, { href: string; direction: "asc" | "desc" | "none" }>
>;

/** Builds the columns of a `DataTable`. */
export const columnsOf = <Row extends object>() => createColumnHelper<Features, Row>();

type DataColumns<Row extends object> = TableOptions<Features, Row>["columns"];

export type DataTableProps<Row extends object> = {
  /** Says what the rows are; read out by screen readers. */
  caption: string;
  /** Define them outside of the component, or memoise them. */
  columns: DataColumns<Row>;
  /** Ids of columns that are left out. */
  hiddenColumns?: readonly string[];
  rows: readonly Row[];
  getRowId: (row: Row) => string;
  /** Lets people sort by each column with a value. Only for lists that are complete. */
  isSortable?: boolean;
  /** For lists of many pages: the server sorts them, and its order is in the address. */
  sortLinks?: SortLinks;
  /** Shown in place of the table when there are no rows. */
  empty: ReactNode;
};

/** How the kit of lists shapes a table: columns that are left out, and headings that sort. */
export type ListLook = { hiddenColumns?: readonly string[]; sortLinks?: SortLinks };

const SORT_ICONS = { asc: ArrowUp, desc: ArrowDown, none: ChevronsUpDown } as const;
const ARIA_SORT = { asc: "ascending", desc: "descending", none: "none" } as const;

/** The room at both ends of a row; the same for headings and cells. */
const EDGES = "first:pl-4 last:pr-4 lg:first:pl-6 lg:last:pr-6";

const sortClasses = (isSorted: boolean) =>
  cn(
    "inline-flex min-h-6 items-center gap-1.5 rounded-sm hover:text-text",
    isSorted && "text-text",
  );

function Heading<Row extends object>({
  header,
  link,
  children,
}: {
  header: Header<Features, Row>;
  link: SortLinks[string] | undefined;
  children: ReactNode;
}) {
  const { column } = header;
  const look = column.columnDef.meta;
  const canSort = link !== undefined || column.getCanSort();
  const sort = link?.direction ?? (column.getIsSorted() || "none");
  const SortIcon = SORT_ICONS[sort];
  return (
    <th
      scope="col"
      aria-sort={canSort ? ARIA_SORT[sort] : undefined}
      className={cn(
        "h-11 px-3 py-2 font-medium text-text-muted text-xs xl:whitespace-nowrap",
        EDGES,
        look?.align === "end" ? "text-end" : "text-start",
      )}
    >
      {link ? (
        <Link href={link.href} scroll={false} className={sortClasses(sort !== "none")}>
          {children}
          <SortIcon aria-hidden="true" className="size-3.5 shrink-0" />
        </Link>
      ) : canSort ? (
        <button
          type="button"
          onClick={column.getToggleSortingHandler()}
          className={sortClasses(sort !== "none")}
        >
          {children}
          <SortIcon aria-hidden="true" className="size-3.5 shrink-0" />
        </button>
      ) : (
        <span className={look?.hideHeader ? "sr-only" : undefined}>{children}</span>
      )}
    </th>
  );
}

/**
 * A table that becomes a stack of cards on phones. Columns hold functions, so define them in a
 * client component. The table has no frame: put it into `Card padding="flush"`.
 */
export function DataTable<Row extends object>({
  caption,
  columns,
  hiddenColumns,
  rows,
  getRowId,
  isSortable = false,
  sortLinks,
  empty,
}: DataTableProps<Row>) {
  const columnVisibility = useMemo(
    () => Object.fromEntries((hiddenColumns ?? []).map((id) => [id, false])),
    [hiddenColumns],
  );
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId,
    state: { columnVisibility },
    enableSorting: isSortable,
    defaultColumn: { sortFn: "alphanumeric" },
  });

  if (rows.length === 0) return <>{empty}</>;

  return (
    // A table that is too wide for its card scrolls in it: the page keeps its width.
    <div className="relative md:overflow-x-auto">
      <table className="data-table w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead className="max-md:sr-only">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b">
              {group.headers.map((header) => (
                <Heading key={header.id} header={header} link={sortLinks?.[header.column.id]}>
                  <table.FlexRender header={header} />
                </Heading>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr
              key={row.id}
              data-row-id={row.id}
              className="border-b transition-colors last:border-b-0 md:hover:bg-surface-sunken/60"
            >
              {row.getVisibleCells().map((cell) => {
                const { header, meta: look } = cell.column.columnDef;
                const isRowHeader = look?.isRowHeader;
                const Cell = isRowHeader ? "th" : "td";
                return (
                  <Cell
                    key={cell.id}
                    scope={isRowHeader ? "row" : undefined}
                    // On phones each cell shows its heading before its value; see `globals.css`.
                    data-label={isRowHeader || look?.hideHeader ? "" : String(header)}
                    data-primary={isRowHeader}
                    className={cn(
                      "align-middle font-normal md:h-14 md:px-3 md:py-3",
                      "md:first:pl-4 md:last:pr-4 lg:first:pl-6 lg:last:pr-6",
                      isRowHeader && "font-medium",
                      look?.align === "end" ? "md:text-end" : "md:text-start",
                      look?.className,
                    )}
                  >
                    <table.FlexRender cell={cell} />
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
