"use client";

import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useMemo } from "react";
import { cn } from "./cn";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});

export type DataColumn<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Names the row: shown first and larger on phones, and as its header cell. One per table. */
  primary?: boolean;
  /** Numbers and money align to the end. */
  align?: "start" | "end";
  /** Leaves the cell out of the phone card. */
  hideOnPhone?: boolean;
  /** Hides the heading from view, e.g. for a column of buttons. */
  hideHeader?: boolean;
  /** Lets people sort the rows on the page by this value. For complete lists only. */
  sortValue?: (row: Row) => string | number;
  /** Turns the heading into a link that asks the server to sort by it. */
  sortHref?: string;
  className?: string;
};

export type DataTableProps<Row> = {
  /** Says what the rows are; read out by screen readers, shown when `showCaption`. */
  caption: string;
  showCaption?: boolean;
  columns: readonly DataColumn<Row>[];
  rows: readonly Row[];
  getRowId: (row: Row) => string;
  /** Shown in place of the table when there are no rows. */
  empty: ReactNode;
  /** The server's order, for the columns that have `sortHref`. */
  serverSort?: { columnId: string; direction: "asc" | "desc" };
  className?: string;
};

type SortState = "asc" | "desc" | false;

const ARIA_SORT = { asc: "ascending", desc: "descending" } as const;

function SortIcon({ state }: { state: SortState }) {
  const Icon = state === "asc" ? ArrowUp : state === "desc" ? ArrowDown : ChevronsUpDown;
  return <Icon aria-hidden="true" className="size-3.5 shrink-0" />;
}

/**
 * A table that becomes a stack of cards on phones. Columns hold functions, so define them in a
 * client component. The table brings no frame: put it into `Card padding="flush"`.
 */
export function DataTable<Row extends object>({
  caption,
  showCaption = false,
  columns,
  rows,
  getRowId,
  empty,
  serverSort,
  className,
}: DataTableProps<Row>) {
  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.header,
        accessorFn: (row: Row) => column.sortValue?.(row) ?? "",
        enableSorting: column.sortValue !== undefined,
        sortFn: "alphanumeric",
      })),
    [columns],
  );
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const table = useTable({ features, columns: definitions, data: rows, getRowId });

  // Sorting on the page hides the order in which the server sent the rows.
  const sortedHere = table.state.sorting.length > 0;

  if (rows.length === 0) return <>{empty}</>;

  return (
    <table className={cn("data-table w-full border-collapse text-sm", className)}>
      <caption
        className={showCaption ? "px-4 py-4 text-start font-semibold text-base sm:px-6" : "sr-only"}
      >
        {caption}
      </caption>
      <thead className="max-md:sr-only">
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id} className="border-b">
            {group.headers.map((header) => {
              const column = byId.get(header.column.id);
              if (!column) return null;
              const ownSort = header.column.getIsSorted();
              const sort: SortState =
                !sortedHere && serverSort?.columnId === column.id ? serverSort.direction : ownSort;
              const sortable = column.sortHref !== undefined || column.sortValue !== undefined;
              const headingClass = cn(
                "inline-flex items-center gap-1.5 rounded-sm hover:text-text",
                sort && "text-text",
              );
              return (
                <th
                  key={header.id}
                  scope="col"
                  aria-sort={sort ? ARIA_SORT[sort] : sortable ? "none" : undefined}
                  className={cn(
                    "h-11 px-3 py-2 font-medium text-text-muted text-xs xl:whitespace-nowrap",
                    "first:pl-4 last:pr-4 lg:first:pl-6 lg:last:pr-6",
                    column.align === "end" ? "text-end" : "text-start",
                  )}
                >
                  {column.sortHref !== undefined ? (
                    <Link href={column.sortHref} scroll={false} className={headingClass}>
                      {column.header}
                      <SortIcon state={sort} />
                    </Link>
                  ) : column.sortValue !== undefined ? (
                    <button
                      type="button"
                      onClick={header.column.getToggleSortingHandler()}
                      className={headingClass}
                    >
                      {column.header}
                      <SortIcon state={sort} />
                    </button>
                  ) : (
                    <span className={column.hideHeader ? "sr-only" : undefined}>
                      {column.header}
                    </span>
                  )}
                </th>
              );
            })}
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
            {columns.map((column) => {
              const Cell = column.primary ? "th" : "td";
              return (
                <Cell
                  key={column.id}
                  scope={column.primary ? "row" : undefined}
                  data-label={column.primary || column.hideHeader ? "" : column.header}
                  data-primary={column.primary || undefined}
                  data-phone={column.hideOnPhone ? "hidden" : undefined}
                  className={cn(
                    "align-middle font-normal md:h-14 md:px-3 md:py-3",
                    "md:first:pl-4 md:last:pr-4 lg:first:pl-6 lg:last:pr-6",
                    column.primary && "font-medium",
                    column.align === "end" ? "md:text-end" : "md:text-start",
                    column.className,
                  )}
                >
                  {column.cell(row.original)}
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
