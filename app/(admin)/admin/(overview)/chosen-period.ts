import type { MetricsPeriod } from "@/lib/admin/metrics-service";
import { dayNumber } from "@/lib/dates";
import { daySchema } from "@/lib/http/common-schemas";

/** The largest `days` of the address, and the most days that two chosen days may span. */
const MOST_DAYS = 730;
const MOST_CHOSEN_DAYS = 3660;
const USUAL: MetricsPeriod = { days: 30 };
const FIRST_DAY = "2000-01-01";

const COMPARISONS = ["previous", "year"] as const;
type Comparison = (typeof COMPARISONS)[number];

/** What the address of the overview says. Absent: it does not say it. */
export type PeriodAddress = Partial<Record<"days" | "from" | "to" | "compare", string>>;

export type ChosenPeriod = {
  period: MetricsPeriod;
  compare: Comparison;
  /** What of the address cannot be shown, and what is shown instead. */
  notes: string[];
};

const daysOf = ({ days }: PeriodAddress): number | null => {
  const number = Number(days);
  return Number.isInteger(number) && number >= 1 && number <= MOST_DAYS ? number : null;
};

function rangeOf({ from, to }: PeriodAddress, today: string): MetricsPeriod | null {
  const first = daySchema.safeParse(from).data;
  const last = daySchema.safeParse(to).data;
  if (!first || !last || first < FIRST_DAY || first > last || first > today) return null;
  const end = last > today ? today : last;
  return dayNumber(end) - dayNumber(first) < MOST_CHOSEN_DAYS ? { from: first, to: end } : null;
}

/**
 * The days that the overview shows, and what they are compared with. `today` is `YYYY-MM-DD` in the
 * billing time zone. What cannot be shown is replaced by what is usual, and named.
 */
export function chosenPeriod(address: PeriodAddress, today: string): ChosenPeriod {
  const notes: string[] = [];
  let period: MetricsPeriod = USUAL;
  if (address.from !== undefined || address.to !== undefined) {
    const range = rangeOf(address, today);
    if (range) period = range;
    else {
      notes.push(
        "These days cannot be shown. Choose a first day that is not ahead, a last day that is not before it, and at most ten years. The last 30 days are shown.",
      );
    }
  } else if (address.days !== undefined) {
    const days = daysOf(address);
    if (days === null) {
      notes.push(`Choose from 1 to ${MOST_DAYS} days. The last 30 days are shown.`);
    } else period = { days };
  }
  const compare = COMPARISONS.find((known) => known === address.compare);
  if (address.compare !== undefined && !compare) {
    notes.push("The figures are compared with the days before: no such comparison is known.");
  }
  return { period, compare: compare ?? "previous", notes };
}
