import { DayRangeForm } from "@/components/admin/billing/reports/day-range-form";
import { FilterChips } from "@/components/ui/nav-links";
import type { Metrics } from "@/lib/admin/metrics-schemas";
import { PERIODS } from "./metrics";

export type PeriodPickerProps = {
  metrics: Pick<Metrics, "first_day" | "last_day" | "compare" | "includes_today">;
  /** Today in the billing time zone, `YYYY-MM-DD`. */
  today: string;
  /** The chosen number of days; null when the days themselves are in the address. */
  days: number | null;
};

const COMPARED = [
  { compare: "previous", label: "The days before" },
  { compare: "year", label: "A year before" },
] as const;

const path = (query: Record<string, string>) => `/admin?${new URLSearchParams(query)}`;

/** Which days the overview is about, and what they are compared with. All of it is in the address. */
export function PeriodPicker({ metrics, today, days }: PeriodPickerProps) {
  const { compare, first_day, last_day } = metrics;
  const isToday = days === null && first_day === today && last_day === today;
  const chosen: Record<string, string> =
    days === null ? { from: first_day, to: last_day } : { days: String(days) };
  return (
    <div className="mb-6 flex flex-wrap items-start gap-x-8 gap-y-3">
      <FilterChips
        label="Period"
        items={[
          {
            href: path({ from: today, to: today, compare }),
            label: "Today",
            current: isToday,
          },
          ...PERIODS.map((period) => ({
            href: path({ days: String(period), compare }),
            label: `${period} days`,
            current: period === days,
          })),
        ]}
      />
      <FilterChips
        label="Compared with"
        items={COMPARED.map(({ compare: name, label }) => ({
          href: path({ ...chosen, compare: name }),
          label,
          current: compare === name,
        }))}
      />
      <details open={days === null && !isToday}>
        <summary className="inline-flex h-9 items-center rounded-sm text-accent-strong text-sm underline underline-offset-4">
          Other days
        </summary>
        <div className="mt-3">
          <DayRangeForm
            action="/admin"
            range={{ from: first_day, to: last_day }}
            error={null}
            kept={{ compare }}
          />
        </div>
      </details>
    </div>
  );
}
