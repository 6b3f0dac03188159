import { type CsvCell, csvRows } from "./csv";
import { localTime } from "./dates";

/** A column of an export: its name in the file, and its cell. */
interface Column<Row> {
  name: string;
  /** An instant, written as local time; the time zone then stands in the heading. */
  isTime: boolean;
  cell(row: Row): CsvCell;
}

/** A column as it is. */
export const plain = <Row>(name: string, cell: (row: Row) => CsvCell): Column<Row> => ({
  name,
  isTime: false,
  cell,
});

/** A column of instants (ISO 8601, UTC); the file has them as local time. */
export const time = <Row>(name: string, cell: (row: Row) => string | null): Column<Row> => ({
  name,
  isTime: true,
  cell,
});

/** An amount twice: whole cents for programs, and a decimal number for people. */
export const cents = <Row>(name: string, cell: (row: Row) => number | null): Column<Row>[] => [
  plain(`${name}_cents`, cell),
  plain(name, (row) => {
    const value = cell(row);
    return value === null ? null : { cents: value };
  }),
];

/** How a file is written: with the row that names the columns or without, in which time zone. */
export interface CsvLook {
  header: boolean;
  /** IANA name of the billing time zone. */
  timeZone: string;
}

/** Rows as CSV in these columns. Times are local, and their headings name the time zone. */
export function columnsCsv<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { header, timeZone }: CsvLook,
): string {
  const cells = rows.map((row) =>
    columns.map(({ isTime, cell }) => {
      const value = cell(row);
      return isTime && typeof value === "string" ? localTime(value, timeZone) : value;
    }),
  );
  const names = columns.map(({ name, isTime }) => (isTime ? `${name} (${timeZone})` : name));
  return csvRows(header ? [names, ...cells] : cells);
}
