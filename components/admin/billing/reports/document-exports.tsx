import { DownloadLink } from "@/components/admin/billing/download-link";
import { Card, CardHeader } from "@/components/ui/card";
import { CREDIT_NOTES_CSV, INVOICES_CSV, PAYMENTS_CSV } from "@/lib/billing/report-csv";
import type { DayRange } from "@/lib/billing/report-schemas";

const EXPORTS = [
  { name: "invoices", label: "Invoices", days: "By the day of issue.", ...INVOICES_CSV },
  {
    name: "credit-notes",
    label: "Credit notes",
    days: "By the day of issue.",
    ...CREDIT_NOTES_CSV,
  },
  {
    name: "payments",
    label: "Payments",
    days: "By the day on which they were recorded here, so that each is in one month's file.",
    ...PAYMENTS_CSV,
  },
] as const;

function Columns({ columns }: { columns: (typeof EXPORTS)[number]["columns"] }) {
  return (
    <details className="mt-3">
      <summary className="inline-flex min-h-6 cursor-pointer items-center rounded-sm text-sm text-text-muted underline underline-offset-4 hover:text-text">
        What the columns mean
      </summary>
      <dl className="mt-3 grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
        {columns.map(({ name, meaning }) => (
          <div key={name} className="sm:contents">
            <dt className="wrap-anywhere font-mono text-xs leading-5">{name}</dt>
            <dd className="text-text-muted first-letter:uppercase">{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** The files for the accounts: each with what is in it, and what its columns mean. */
export function DocumentExports({ range }: { range: DayRange }) {
  const query = new URLSearchParams({ from: range.from, to: range.to });
  return (
    <Card padding="flush" aria-labelledby="exports-title">
      <CardHeader
        divided
        title="Files for the accounts"
        titleId="exports-title"
        description="CSV in UTF-8 with a byte order mark. Days are ISO dates of the billing time zone, both ends included. Each amount is given in cents and as a decimal number."
      />
      <ul className="divide-y divide-border">
        {EXPORTS.map(({ name, label, days, columns }) => (
          <li key={name} className="px-4 py-4 sm:px-6">
            <div className="flex flex-wrap items-center justify-between gap-3">
              <div className="min-w-0 flex-1 basis-48">
                <h3 className="font-medium text-sm">{label}</h3>
                <p className="text-sm text-text-muted">{days}</p>
              </div>
              <DownloadLink href={`/api/admin/exports/${name}?${query}`}>
                {label} as CSV
              </DownloadLink>
            </div>
            <Columns columns={columns} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
