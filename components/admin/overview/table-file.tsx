import { DownloadLink } from "@/components/admin/billing/download-link";
import type { MetricsTable } from "@/lib/admin/metrics-csv";
import type { Metrics } from "@/lib/admin/metrics-schemas";

export type Shown = Pick<Metrics, "first_day" | "last_day" | "compare">;

/** A link that saves the numbers of a table of the overview as CSV. */
export function TableFile({ table, shown }: { table: MetricsTable; shown: Shown }) {
  const query = new URLSearchParams({
    from: shown.first_day,
    to: shown.last_day,
    compare: shown.compare,
    format: "csv",
    table,
  });
  return <DownloadLink href={`/api/admin/metrics?${query}`}>CSV</DownloadLink>;
}
