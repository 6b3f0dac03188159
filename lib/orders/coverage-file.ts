import Papa from "papaparse";
import { AppError } from "@/lib/errors";
import { hasUnshowableCharacter } from "@/lib/identity/names";
import type { Area } from "./coverage";

/** A line of the provider's list. */
export type ListedArea = Area & { is_covered: boolean };

const COLUMNS = ["suburb", "city", "postal_code", "covered"] as const;
const MAX_ROWS = 50_000;
const YES = new Set(["yes", "y", "true", "1"]);
const NO = new Set(["no", "n", "false", "0", ""]);

function readRow(cells: Record<string, string | undefined>): ListedArea | string {
  const cell = (name: string) => (cells[name] ?? "").trim();
  const [suburb, city, covered] = [cell("suburb"), cell("city"), cell("covered").toLowerCase()];
  for (const name of [suburb, city]) {
    if (name === "" || name.length > 80 || hasUnshowableCharacter(name)) {
      return "suburb and city need 1 to 80 characters";
    }
  }
  // Spreadsheets drop the zeros in front.
  const postal_code = cell("postal_code").padStart(4, "0");
  if (!/^\d{4}$/.test(postal_code) || postal_code === "0000")
    return "the postal code needs 4 digits";
  if (!YES.has(covered) && !NO.has(covered)) return "covered is neither yes nor no";
  return { suburb, city, postal_code, is_covered: YES.has(covered) };
}

/**
 * Reads the list of suburbs: CSV with a first row `suburb,city,postal_code,covered`, separated by
 * commas, semicolons or tabs; `covered` is yes or no. Empty rows are left out.
 *
 * @throws AppError `invalid_request` with the first ten rows that cannot be read: the list replaces
 *   the one before, so a part of it is no list.
 */
export function readCoverageFile(text: string): ListedArea[] {
  const { data } = Papa.parse<Record<string, string | undefined>>(text.replace(/^\ufeff/, ""), {
    header: true,
    transformHeader: (name) => name.trim().toLowerCase().replaceAll(/\s+/g, "_"),
    delimitersToGuess: [",", ";", "\t"],
  });
  const missing = COLUMNS.filter((name) => !Object.hasOwn(data[0] ?? {}, name));
  if (missing.length > 0) {
    throw new AppError("invalid_request", {
      message: `The file needs a first row with the columns ${COLUMNS.join(", ")}. Missing: ${missing.join(", ")}.`,
    });
  }
  if (data.length > MAX_ROWS) {
    throw new AppError("invalid_request", { message: `The file has more than ${MAX_ROWS} rows.` });
  }
  const areas: ListedArea[] = [];
  const problems: string[] = [];
  data.forEach((cells, index) => {
    if (Object.values(cells).every((cell) => typeof cell !== "string" || cell.trim() === ""))
      return;
    const area = readRow(cells);
    if (typeof area === "string") problems.push(`row ${index + 2}: ${area}`);
    else areas.push(area);
  });
  if (problems.length > 0) {
    throw new AppError("invalid_request", {
      message: `The file cannot be read, so nothing was changed. ${problems.slice(0, 10).join("; ")}.`,
    });
  }
  return areas;
}
