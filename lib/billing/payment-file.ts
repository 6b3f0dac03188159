import Papa from "papaparse";
import { dayNumber } from "@/lib/dates";
import { AppError } from "@/lib/errors";
import { hasUnshowableCharacter } from "@/lib/identity/names";
import { parseAmount } from "@/lib/money";
import { DOCUMENT_NUMBER } from "./invoice-document";
import { LONGEST_REFERENCE, MAX_PAYMENT_CENTS } from "./payment-schemas";

/** A row of a bank file that can be looked up. `row` counts as in the file; the names are row 1. */
interface PaymentRow {
  row: number;
  invoice_number: string;
  /** In cents. */
  amount_cents: number;
  /** `YYYY-MM-DD` */
  paid_on: string;
  reference: string | null;
}

export interface PaymentFile {
  rows: PaymentRow[];
  rejected: { row: number; reason: string }[];
}

/** Rows of one file; a larger one is sent in parts. */
const MAX_PAYMENT_ROWS = 5_000;

const COLUMNS = ["invoice_number", "amount", "paid_on"] as const;

function isDay(text: string): boolean {
  try {
    dayNumber(text);
    return true;
  } catch {
    return false;
  }
}

function readRow(row: number, cells: Record<string, string | undefined>): PaymentRow | string {
  const cell = (name: string) => (cells[name] ?? "").trim();
  const invoice = cell("invoice_number").toUpperCase();
  if (!DOCUMENT_NUMBER.test(invoice)) return "This is not an invoice number.";
  const amount = parseAmount(cell("amount"));
  if (amount === null) return "The amount is not clear. Write 1299.50.";
  if (amount < 1 || amount > MAX_PAYMENT_CENTS) return "The amount is out of range.";
  const day = cell("paid_on");
  if (!isDay(day)) return "The day is not a date like 2026-12-14.";
  const reference = cell("reference");
  if (reference.length > LONGEST_REFERENCE || hasUnshowableCharacter(reference)) {
    return "The reference is too long, or contains a character that cannot be used.";
  }
  return {
    row,
    invoice_number: invoice,
    amount_cents: amount,
    paid_on: day,
    reference: reference || null,
  };
}

/**
 * Reads a bank file: CSV with a first row `invoice_number,amount,paid_on,reference`, in any order of
 * columns, separated by commas, semicolons or tabs. Rows that cannot be read are rejected, each with
 * its reason; empty rows are left out.
 * @throws AppError `invalid_request` when a column is missing or the file has too many rows.
 */
export function readPaymentFile(text: string): PaymentFile {
  const { data } = Papa.parse<Record<string, string | undefined>>(text.replace(/^\ufeff/, ""), {
    header: true,
    transformHeader: (name) => name.trim().toLowerCase().replaceAll(/\s+/g, "_"),
    delimitersToGuess: [",", ";", "\t"],
  });
  const first = data[0] ?? {};
  const missing = COLUMNS.filter((name) => !Object.hasOwn(first, name));
  if (missing.length > 0) {
    throw new AppError("invalid_request", {
      message: `The file needs a first row with the columns ${COLUMNS.join(", ")} and, if there is one, reference. Missing: ${missing.join(", ")}.`,
    });
  }
  if (data.length > MAX_PAYMENT_ROWS + 1) {
    throw new AppError("invalid_request", {
      message: `The file has more than ${MAX_PAYMENT_ROWS} rows. Please send it in parts.`,
    });
  }
  const file: PaymentFile = { rows: [], rejected: [] };
  data.forEach((cells, index) => {
    if (Object.values(cells).every((cell) => typeof cell !== "string" || cell.trim() === ""))
      return;
    const row = readRow(index + 2, cells);
    if (typeof row === "string") file.rejected.push({ row: index + 2, reason: row });
    else file.rows.push(row);
  });
  return file;
}
