import Papa from "papaparse";

/** An amount in integer cents that is written as a decimal number. */
interface CsvAmount {
  cents: number;
}

export type CsvCell = string | number | boolean | null | undefined | CsvAmount;

/** Tells spreadsheets that a file is UTF-8. */
export const CSV_BOM = "\ufeff";

/**
 * What a spreadsheet would run as a formula, or may after it drops what stands before: a formula
 * sign, its full-width look-alike, a tab or a line break, behind any spaces and characters without
 * a width. The first character of a cell decides, not the first of a line.
 */
const FORMULA_START =
  /^(?:[\p{Zs}\p{Cf}\p{Default_Ignorable_Code_Point}\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]|[\t\r\n\v\f\u0085\u2028\u2029])/u;

/** A text that no spreadsheet runs: with an apostrophe in front where it could be a formula. */
const harmless = (text: string): string => (FORMULA_START.test(text) ? `'${text}` : text);

const written = (cell: CsvCell) => {
  if (typeof cell === "string") return harmless(cell);
  return typeof cell === "object" && cell !== null ? decimalCents(cell.cents) : cell;
};

/**
 * Rows as CSV (RFC 4180): comma, CRLF after every row, quotes where needed. Every text is judged by
 * its first character; numbers and amounts are written as they are. Empty for no rows.
 */
export function csvRows(rows: readonly (readonly CsvCell[])[]): string {
  if (rows.length === 0) return "";
  const cells = rows.map((row) => row.map(written));
  return `${Papa.unparse(cells, { newline: "\r\n" })}\r\n`;
}

/** Integer cents as a decimal amount for spreadsheets and banks: 79950 is `799.50`, -5 is `-0.05`. */
export function decimalCents(cents: number): string {
  const absolute = Math.abs(cents);
  const fraction = String(absolute % 100).padStart(2, "0");
  return `${cents < 0 ? "-" : ""}${Math.trunc(absolute / 100)}.${fraction}`;
}
