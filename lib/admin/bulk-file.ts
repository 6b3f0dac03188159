import Papa from "papaparse";
import { AppError } from "@/lib/errors";
import { normaliseReferralCode } from "@/lib/referrals/referral-code";

/** Rows of one bulk job; a longer list is sent in parts. */
export const MAX_BULK_ROWS = 1_000;

const LONGEST_CELL = 120;

/** Names of columns that say what a row is about, the most exact first. */
const COLUMNS = [
  "reward_id",
  "referral_id",
  "order_id",
  "order_number",
  "customer_id",
  "id",
  "referral_code",
  "code",
  "friend_email",
  "email",
] as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A cell as the database looks it up: a code in its stored form, an address and an id in small letters. */
function readCell(cell: string): string {
  const text = cell.trim().slice(0, LONGEST_CELL);
  if (text.includes("@") || UUID.test(text)) return text.toLowerCase();
  return normaliseReferralCode(text) ?? text.toUpperCase();
}

const columnName = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");

/**
 * Reads a list of ids, codes, order numbers or e-mail addresses: a CSV file with a named column, the
 * first column of a file without names, or one text on each line. Empty rows are left out.
 * @throws AppError `invalid_request` when there is no row, or more than `MAX_BULK_ROWS`.
 */
export function readBulkFile(text: string): string[] {
  const content = text.replace(/^\ufeff/, "").trimStart();
  const [firstLine = ""] = content.split(/[\r\n]/, 1);
  const delimiter = [";", "\t"].find((mark) => firstLine.includes(mark)) ?? ",";
  const { data } = Papa.parse<string[]>(content, { delimiter });
  const names = (data[0] ?? []).map(columnName);
  const named = COLUMNS.map((column) => names.indexOf(column)).find((index) => index >= 0);
  const rows = named === undefined ? data : data.slice(1);
  const lines = rows.map((cells) => readCell(cells[named ?? 0] ?? "")).filter(Boolean);
  if (lines.length === 0) {
    throw new AppError("invalid_request", {
      fields: { text: "The list is empty. Write one id, code or e-mail address on each line." },
    });
  }
  if (lines.length > MAX_BULK_ROWS) {
    throw new AppError("invalid_request", {
      fields: { text: `The list has more than ${MAX_BULK_ROWS} rows. Please send it in parts.` },
    });
  }
  return lines;
}
