import type { BillingRun } from "@/lib/billing/billing-admin-schemas";
import type { CycleState } from "@/lib/billing/cycle";
import { dateOfDayNumber, dayNumber, formatDateRange } from "@/lib/dates";

/** A cycle by its days, e.g. `1–31 Dec 2026`. `period_end` is exclusive. */
export function cycleDays(cycle: { period_start: string; period_end: string }): string {
  return formatDateRange(cycle.period_start, dateOfDayNumber(dayNumber(cycle.period_end) - 1));
}

const MONTH = new Intl.DateTimeFormat("en-ZA", {
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});

/** How many months back a list can be filtered by its cycle. */
const CYCLES_BACK = 36;

/** The cycles by which a list can be filtered, newest first: from the next one back. `today` is `YYYY-MM-DD`. */
export function cycleOptions(today: string): { value: string; label: string }[] {
  const [year = 0, month = 1] = today.split("-").map(Number);
  return Array.from({ length: CYCLES_BACK + 2 }, (_, back) => {
    const first = new Date(Date.UTC(year, month - back, 1));
    return { value: first.toISOString().slice(0, 7), label: MONTH.format(first) };
  });
}

export const CYCLE_STATES: Readonly<Record<CycleState, string>> = {
  open: "this cycle",
  future: "not begun",
  closed: "over",
};

/** The status as people see it: a run that nothing works on any more is interrupted. */
export const runStatus = (run: BillingRun): BillingRun["status"] | "interrupted" =>
  run.is_interrupted ? "interrupted" : run.status;

const TRIGGERS: Readonly<Record<BillingRun["trigger"], string>> = {
  admin: "a former colleague",
  cron: "the schedule",
  job: "the command line",
  seed: "the demo data",
};

/** Who or what started a run: "Naledi Dube", "the schedule". */
export const startedBy = (run: BillingRun): string => run.started_by ?? TRIGGERS[run.trigger];

/** Seconds in words: `under 1 s`, `42 s`, `3 min 5 s`, `1 h 20 min`. */
export function durationWords(seconds: number): string {
  if (seconds < 1) return "under 1 s";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

/** Seconds between two instants, ISO 8601. */
export const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
