import { csvRows } from "@/lib/csv";
import type { BulkRow } from "./bulk-schemas";

const COLUMNS = [
  "row",
  "input",
  "customer_id",
  "customer",
  "status",
  "result",
  "decided_at",
] as const;

/** The rows of a bulk job as CSV, with or without the row that names the columns. Times are UTC. */
export function bulkCsv(rows: readonly BulkRow[], options: { header: boolean }): string {
  const cells = rows.map((row) => [
    row.number,
    row.input,
    row.customer_id,
    row.customer_name,
    row.status,
    row.result,
    row.decided_at,
  ]);
  return csvRows(options.header ? [[...COLUMNS], ...cells] : cells);
}
