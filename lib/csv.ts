import Papa from "papaparse";

/**
 * Rows as CSV (RFC 4180, UTF-8), each with its line end. Texts that a spreadsheet would run as a
 * formula get a leading apostrophe.
 */
export function csvRows(rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return "";
  const csv = Papa.unparse(rows as unknown[][], { escapeFormulae: true, newline: "\r\n" });
  return `${csv}\r\n`;
}
